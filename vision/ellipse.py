"""Ellipses on an ink map: where a ring runs, how much of it is there, and the best fit to it.

An angle of an ellipse here is that of its parameter, 0..360 degrees; a reach is the share of
the radius, 1 on the ellipse itself.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.page import Gray

ANGLES = 120  # one sample each 3 degrees: a ring character spans 15
_FROM, _TO, _STEPS = 0.72, 1.28, 57  # reaches that a profile covers, one hundredth apart
REACHES = np.linspace(_FROM, _TO, _STEPS, dtype=np.float32)
_STEP = (_TO - _FROM) / (_STEPS - 1)
_MIDDLE, _EACH = _STEPS // 2, np.arange(ANGLES)
# A ring of 1.2 mm on 42 mm is 0.06 of the radius wide; paper follows within 0.05 outside of it,
# and between ring and characters inside.
_OUTER = (5, 11)
_INNER = (5, 16)
# A ring is pale in places: an angle counts from these shares of the least and the usual rise.
_PALE, _PALE_PART = 0.6, 0.35
_ON_A_LINE = 1e-12  # of the points' spread: through so straight a row there is no circle
_BLACK = 0.45  # darkness from which print hides what runs below it


class Ellipse(Struct, frozen=True):
    """Centre, half axes and turn (degrees, clockwise from the x axis), in pixels of one map."""

    x: float
    y: float
    a: float
    b: float
    turned_deg: float = 0.0

    @property
    def radius(self) -> float:
        """Geometric mean of the half axes."""
        return float(np.sqrt(self.a * self.b))

    @property
    def aspect(self) -> float:
        """Longer half axis over the shorter one."""
        return max(self.a, self.b) / max(min(self.a, self.b), 1e-6)

    def points(self, reach: float = 1.0, count: int = ANGLES) -> NDArray[np.float32]:
        """Return `count` points (x, y) along the ellipse grown by `reach`."""
        directions = _directions(self, count)
        return np.asarray(directions * reach + (self.x, self.y), np.float32)

    def box(self) -> tuple[float, float, float, float]:
        """Return x, y, width, height of the upright box around it."""
        around = self.points(count=180)
        low, high = around.min(axis=0), around.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

    def reach_of(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return for each point (x, y) how far out it lies: 1 on the ellipse."""
        turn = math.radians(self.turned_deg)
        cosine, sine = math.cos(turn), math.sin(turn)
        x, y = points[:, 0] - np.float32(self.x), points[:, 1] - np.float32(self.y)
        along, across = x * (cosine / self.a) + y * (sine / self.a), y * cosine - x * sine
        return np.asarray(np.hypot(along, across / self.b), np.float32)

    def scaled(self, factor: float) -> Ellipse:
        """Return the same ellipse on a map `factor` times as large."""
        return Ellipse(
            self.x * factor, self.y * factor, self.a * factor, self.b * factor, self.turned_deg
        )


class Ring(Struct, frozen=True):
    """How well an ellipse follows ink on a map.

    Args:
        ellipse: in pixels of the map.
        hits: for each of ANGLES whether there is a ring there.
        visible: for each whether it could be seen: inside the map and not under black print.
        coverage: hits among the visible ones, 0..1.
        strength: usual rise of the ring over the paper on its both sides.
        on_map: share of the ellipse that lies on the map, hidden by print or not.
    """

    ellipse: Ellipse
    hits: NDArray[np.bool_]
    visible: NDArray[np.bool_]
    coverage: float
    strength: float
    on_map: float = 1.0

    @property
    def arc(self) -> float:
        """Share of the whole ellipse that could be seen."""
        return float(self.visible.mean())

    @property
    def longest_run_deg(self) -> float:
        """Longest stretch with ink; what is hidden, and one missing step, does not end it."""
        return longest_run_deg(
            self.hits | ~self.visible | (np.roll(self.hits, 1) & np.roll(self.hits, -1))
        )

    @property
    def largest_gap_deg(self) -> float:
        """Longest stretch that could be seen and bears no ink."""
        return longest_run_deg(self.visible & ~self.hits)


def longest_run_deg(marked: NDArray[np.bool_]) -> float:
    """Return the longest stretch of marked angles, around the corner too, in degrees."""
    longest = current = 0
    for one in np.tile(marked, 2).tolist():
        current = current + 1 if one else 0
        longest = max(longest, current)
    return min(longest, len(marked)) * 360.0 / len(marked)


def profile(ink: Gray, ellipse: Ellipse) -> Gray:
    """Return ANGLES x len(REACHES) samples of `ink` across the ellipse; -1 outside of the map."""
    rays = _directions(ellipse, ANGLES)
    x = (ellipse.x + rays[:, :1] * REACHES[None, :]).astype(np.float32)
    y = (ellipse.y + rays[:, 1:] * REACHES[None, :]).astype(np.float32)
    border = cv2.BORDER_CONSTANT
    return np.asarray(cv2.remap(ink, x, y, cv2.INTER_LINEAR, None, border, -1.0), np.float32)


class Across(Struct, frozen=True):
    """What lies across an ellipse.

    Args:
        ellipse: in pixels of the map.
        inside: for each of ANGLES whether the ellipse lies on the map there.
        rises: for each angle and reach how far the ink rises over the paper beside it.
    """

    ellipse: Ellipse
    inside: NDArray[np.bool_]
    rises: Gray


def cut_across(ink: Gray, ellipse: Ellipse) -> Across:
    """Return what lies across `ellipse`, to be followed as near as one likes."""
    samples = profile(ink, ellipse)
    return Across(ellipse, samples[:, _MIDDLE] >= 0, ridge(samples))


def measure(
    ink: Gray, ellipse: Ellipse, tolerance: float, least: float, dark: Gray | None = None
) -> tuple[Ring, Gray]:
    """Follow the ring near `ellipse` on `ink`, as `ring_near` does."""
    return ring_near(cut_across(ink, ellipse), tolerance, least, dark)


def ring_near(
    seen: Across, tolerance: float, least: float, dark: Gray | None = None
) -> tuple[Ring, Gray]:
    """Follow the ring near an ellipse.

    Args:
        dark: black print; where it hides the ring nothing is expected.
        tolerance: how far from it, as a share of the radius.
        least: rise over the paper from which something may be a ring at all.

    Returns:
        The ring, and for each angle the reach at which it runs.
    """
    window = max(1, round(tolerance / _STEP))
    near = slice(_MIDDLE - window, _MIDDLE + window + 1)
    rises, inside = seen.rises[:, near], seen.inside
    best = rises.argmax(axis=1)
    rise = rises[_EACH, best]
    strength = _upper_quartile(rise[inside])
    hits = inside & (rise > max(_PALE * least, _PALE_PART * strength))
    visible = inside
    if dark is not None:
        visible = inside & (hits | (profile(dark, seen.ellipse)[:, near].max(axis=1) < _BLACK))
    coverage = int(np.count_nonzero(hits)) / max(int(np.count_nonzero(visible)), 1)
    on_map = int(np.count_nonzero(inside)) / ANGLES
    return Ring(seen.ellipse, hits, visible, coverage, strength, on_map), REACHES[near][best]


def contents(
    ink: Gray, ellipse: Ellipse, within: tuple[float, float] = (0.14, 0.87)
) -> tuple[float, float]:
    """Return what lies inside of a ring: the share that bears ink, and how strong that ink is.

    Args:
        within: least and largest reach that is looked at.
    """
    reaches = np.sqrt(np.linspace(within[0] ** 2, within[1] ** 2, 24, dtype=np.float32))
    rays = _directions(ellipse, ANGLES)
    x = (ellipse.x + rays[:, :1] * reaches[None, :]).astype(np.float32)
    y = (ellipse.y + rays[:, 1:] * reaches[None, :]).astype(np.float32)
    border = cv2.BORDER_CONSTANT
    inside = cv2.remap(ink, x, y, cv2.INTER_LINEAR, None, border, -1.0)
    known = inside[inside >= 0]
    if not known.size:
        return 0.0, 0.0
    strong = float(np.percentile(known, 95))
    # Half of what the characters reach lies in the middle of their edges, also when blurred.
    return float((known > 0.5 * strong).mean()), strong


def ridge(across: Gray) -> Gray:
    """Return for each sample how far it rises over the paper outside and inside of it."""
    known = np.maximum(across, 0)
    near = cv2.blur(known, (3, 1), borderType=cv2.BORDER_REPLICATE)
    count, (first, last) = len(REACHES), _OUTER
    beyond = cv2.copyMakeBorder(known, 0, 0, 0, last, cv2.BORDER_REPLICATE)
    outer = cv2.blur(beyond, (last - first, 1), anchor=(0, 0))[:, first : first + count]
    first, last = _INNER
    within = cv2.copyMakeBorder(near, 0, 0, last, 0, cv2.BORDER_REPLICATE)
    window = np.ones((1, last - first), np.uint8)
    inner = cv2.erode(within, window, anchor=(0, 0))[:, :count]
    return np.asarray(near - np.maximum(outer, inner), np.float32)


def fitted(ellipse: Ellipse, ring: Ring, reaches: Gray, circle: bool) -> Ellipse | None:
    """Return the ellipse (or circle) through the ring's points; None when they fit none."""
    rays = _directions(ellipse, ANGLES)[ring.hits]
    points = np.asarray(rays * reaches[ring.hits, None] + (ellipse.x, ellipse.y), np.float32)
    for _ in range(3):
        if len(points) < 12:
            return None
        found = _circle(points) if circle else _ellipse(points)
        if found is None:
            return None
        off = np.abs(found.reach_of(points) - 1)
        ordered = np.sort(off)
        usual = float(ordered[len(off) // 2] + ordered[(len(off) - 1) // 2]) / 2
        near = off < max(0.02, 2.5 * usual)
        if near.all():
            break
        points = points[near]
    return found


def _upper_quartile(values: Gray) -> float:
    if not values.size:
        return 0.0
    place = (3 * values.size) // 4
    return float(np.partition(values, place)[place])


def _directions(ellipse: Ellipse, count: int) -> NDArray[np.float32]:
    turn = math.radians(ellipse.turned_deg)
    cosine, sine = math.cos(turn), math.sin(turn)
    a, b = ellipse.a, ellipse.b
    to_ellipse = np.array([[a * cosine, a * sine], [-b * sine, b * cosine]], np.float64)
    return np.asarray(_circle_of(count) @ to_ellipse, np.float32)


@functools.lru_cache(maxsize=8)
def _circle_of(count: int) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _ellipse(points: NDArray[np.float32]) -> Ellipse | None:
    (x, y), (width, height), turned = cv2.fitEllipseDirect(points)
    sizes = (x, y, width, height)
    if not np.isfinite(sizes).all() or min(width, height) < 4:
        return None
    return Ellipse(float(x), float(y), width / 2, height / 2, float(turned))


def _circle(points: NDArray[np.float32]) -> Ellipse | None:
    """The least squares of the power of each point, solved around the points' own middle."""
    middle = points.mean(axis=0, dtype=np.float64)
    x, y = (points - middle).T
    power = x * x + y * y
    xx, xy, yy = float(x @ x), float(x @ y), float(y @ y)
    along, down = float(x @ power) / 2, float(y @ power) / 2
    spread = xx * yy - xy * xy
    if spread <= _ON_A_LINE * (xx + yy) ** 2:
        return None
    off_x, off_y = (along * yy - down * xy) / spread, (down * xx - along * xy) / spread
    radius = math.sqrt(float(power.mean()) + off_x * off_x + off_y * off_y)
    return Ellipse(float(middle[0]) + off_x, float(middle[1]) + off_y, radius, radius)
