"""Votes for rings on an ink map: where may a ring of which size lie?

Every edge pixel votes for the centres that lie across it, at each radius; text votes at random,
a ring votes for one place. Ovals are found by the same vote on a stretched map. What was voted
for is a hypothesis only: `vision.rings` follows and judges it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.ellipse import Ellipse
from vision.page import Gray

_VOTE_PX = 400  # longest side of the map that votes; a seal of 14 mm on A4 is 18 px there
_LEAST_RADIUS_PX, _GROWTH = 9.0, 1.11
_LARGEST = 0.56  # radius as a share of the longest side: a crop that a seal fills
_PAD = 0.1  # of the longest side: centres of seam halves lie off the page
_CELL = 0.07  # of the radius: how far votes of one ring may scatter
_LEAST_CELL_PX = 1.5
_LEAST_SEEN = 0.25  # share of a circle inside of the map that a hypothesis needs
_STEEPEST = 12_000  # ten seals have as many
_MOST_EDGES = 6_000  # evenly taken from what there is; a ring keeps its share of them
_STEEP = 0.3  # slope of an edge of height 1 after both smoothings
_EXPLAINED = 1.12  # reach within which all edges belong to a ring that was found
_LEAST_EDGES = 40  # a faint seal of 12 mm still has 60
_LEAST_VOTES = 0.16  # of the votes that a whole ring would give
_MOST_HYPOTHESES = 100
_OVAL_LARGEST = 0.2  # a larger oval is a crop, and found from round hypotheses
_OVAL_EDGES = 3_000


class Stretch(Struct, frozen=True):
    """How a map is stretched before it votes: along x, along y, after a turn by degrees."""

    x: float
    y: float
    turned_deg: float = 0.0


ROUND = (Stretch(1.0, 1.0),)
# Ovals are 45 x 30 mm at the most and mostly lie straight; scans stretch round seals likewise.
OVAL = (
    *(Stretch(1.0, longer) for longer in (1.28, 1.48, 1.7)),
    *(Stretch(longer, 1.0) for longer in (1.28, 1.48, 1.7)),
    *(Stretch(1.0, 1.48, turned_deg) for turned_deg in (-60.0, -25.0, 25.0, 60.0)),
)


class Hypothesis(Struct, frozen=True):
    """A ring that was voted for: in pixels of the voting map's source, and how strongly."""

    ellipse: Ellipse
    votes: float


class Edges(Struct, frozen=True):
    """Where ink begins or ends on the voting map.

    Args:
        points: x, y in pixels of the voting map.
        normals: unit vectors across the edge.
        shape: height and width of the voting map.
        factor: its pixels for each pixel of the ink map.
        kept: share of the edge pixels that these are.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    shape: tuple[int, int]
    factor: float
    kept: float

    def fewer(self, most: int) -> Edges:
        """Return at most so many of them, evenly taken."""
        if len(self.points) <= most:
            return self
        taken = np.linspace(0, len(self.points) - 1, most).astype(np.int64)
        kept = self.kept * most / len(self.points)
        return Edges(self.points[taken], self.normals[taken], self.shape, self.factor, kept)

    def without(self, ellipses: Sequence[Ellipse]) -> Edges:
        """Return the edges that lie in none of `ellipses` (pixels of the ink map)."""
        left = np.ones(len(self.points), np.bool_)
        for one in ellipses:
            left &= one.scaled(self.factor).reach_of(self.points) > _EXPLAINED
        return Edges(self.points[left], self.normals[left], self.shape, self.factor, self.kept)


def edges(ink: Gray, least: float) -> Edges:
    """Return the edges of `ink`, a map at working size, that rise by about `least` or more."""
    factor = min(1.0, _VOTE_PX / max(ink.shape))
    small = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), 0.7)
    slope_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) / 8
    slope_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1) / 8
    slope = cv2.magnitude(slope_x, slope_y)
    rows, columns = np.nonzero(slope > _STEEP * least)
    if len(rows) > _STEEPEST:  # then much of it is noise
        taken = np.argpartition(-slope[rows, columns], _STEEPEST)[:_STEEPEST]
        rows, columns = rows[taken], columns[taken]
    normals = np.stack([slope_x[rows, columns], slope_y[rows, columns]], axis=1)
    normals = normals / slope[rows, columns, None]
    points = np.stack([columns, rows], axis=1).astype(np.float32)
    shape = (small.shape[0], small.shape[1])
    found = Edges(points, normals.astype(np.float32), shape, factor, 1.0)
    return found.fewer(_MOST_EDGES)


def hypotheses(found: Edges, stretches: Sequence[Stretch]) -> list[Hypothesis]:
    """Return where rings of these shapes may be, in pixels of the ink map, best first."""
    if len(found.points) < _LEAST_EDGES:
        return []
    voted = [one for stretch in stretches for one in _voted(found, stretch)]
    best: dict[tuple[int, ...], Hypothesis] = {}
    for one in sorted(voted, key=lambda each: -each.votes):
        best.setdefault(_neighbourhood(one.ellipse), one)
        if len(best) == _MOST_HYPOTHESES:
            break
    return [Hypothesis(one.ellipse.scaled(1 / found.factor), one.votes) for one in best.values()]


def _neighbourhood(ellipse: Ellipse) -> tuple[int, ...]:
    """Equal for ellipses that following would make the same ring of."""
    size = round(math.log(ellipse.radius) / 0.2)
    step = 0.3 * math.exp(0.2 * size)
    leaning = round(2 * math.log(ellipse.b / ellipse.a)) if ellipse.a != ellipse.b else 0
    return round(ellipse.x / step), round(ellipse.y / step), size, leaning


def _voted(found: Edges, stretch: Stretch) -> Iterator[Hypothesis]:
    """Yield the peaks of the vote over all radii, on the map stretched by `stretch`."""
    oval = stretch.x != stretch.y
    chosen = found.fewer(_OVAL_EDGES) if oval else found
    angle = np.deg2rad(stretch.turned_deg)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    half_x, half_y = found.shape[1] / 2, found.shape[0] / 2
    middle = np.array((half_x, half_y), np.float32)
    turn = np.array([[cosine, -sine], [sine, cosine]], np.float32)  # of rows: turns back
    scale = np.array((stretch.x, stretch.y), np.float32)
    points = np.asarray(((chosen.points - middle) @ turn + middle) * scale, np.float32)
    normals = chosen.normals @ turn / scale  # a normal is stretched the other way
    normals = np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True), np.float32)
    points, normals = (np.ascontiguousarray(each.T) for each in (points, normals))
    size = (found.shape[0] * stretch.y, found.shape[1] * stretch.x)
    largest = max(size) * (_OVAL_LARGEST if oval else _LARGEST)
    radius = _LEAST_RADIUS_PX * max(stretch.x, stretch.y)
    while radius < largest:
        a, b = radius / stretch.x, radius / stretch.y
        for x, y, votes in _peaks(points, normals, size, radius):
            off_x, off_y = x / stretch.x - half_x, y / stretch.y - half_y
            centre_x = cosine * off_x - sine * off_y + half_x
            centre_y = sine * off_x + cosine * off_y + half_y
            ellipse = Ellipse(centre_x, centre_y, a, b, stretch.turned_deg)
            yield Hypothesis(ellipse, votes / chosen.kept)
        radius *= _GROWTH


def _peaks(
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    size: tuple[float, float],
    radius: float,
) -> list[tuple[float, float, float]]:
    """Centres x, y and votes (1 = a whole ring) at one radius, on a map of `size` (y, x).

    Args:
        points, normals: of the edges, 2 x edges.
    """
    cell = max(_LEAST_CELL_PX, _CELL * radius)
    pad = min(_PAD * max(size), 0.8 * radius)
    columns = int((size[1] + 2 * pad) / cell) + 3
    rows = int((size[0] + 2 * pad) / cell) + 3
    at, across = (points + (pad + cell)) / cell, normals * np.float32(radius / cell)
    # Two cells beyond what the edges can reach nobody votes, and the sums beside it are none.
    reach = radius / cell + 2
    (low_x, columns), (low_y, rows) = (
        _reached(one, reach, count) for one, count in zip(at, (columns, rows), strict=True)
    )
    at -= np.array([[low_x], [low_y]], np.float32)
    votes = np.bincount(_cells(at, across, rows, columns), minlength=rows * columns)
    square = votes.reshape(rows, columns).astype(np.uint16)  # no cell has more than all edges
    square[0], square[-1], square[:, 0], square[:, -1] = 0, 0, 0, 0
    counted = np.asarray(cv2.boxFilter(square, -1, (3, 3), normalize=False), np.uint16)
    whole = 4 * np.pi * radius  # both edges of the ring
    places = np.flatnonzero(counted > int(_LEAST_VOTES * _LEAST_SEEN * whole))
    if not places.size:
        return []
    y, x = np.divmod(places, columns)
    centre_x, centre_y = (x + (low_x - 0.5)) * cell - pad, (y + (low_y - 0.5)) * cell - pad
    seen = _inside(centre_y, size[0], radius) * _inside(centre_x, size[1], radius)
    share = counted[y, x] / whole / np.maximum(seen, _LEAST_SEEN)
    good = np.flatnonzero(share > _LEAST_VOTES)
    if not good.size:
        return []
    good = good[_are_tops(counted, y[good], x[good])]
    return list(
        zip(centre_x[good].tolist(), centre_y[good].tolist(), share[good].tolist(), strict=True)
    )


def _are_tops(
    counted: NDArray[np.uint16], y: NDArray[np.int64], x: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of these places have no more votes beside them."""
    steps = np.arange(-1, 2)
    rows = np.clip(y[:, None] + steps, 0, counted.shape[0] - 1)
    columns = np.clip(x[:, None] + steps, 0, counted.shape[1] - 1)
    around = counted[rows[:, :, None], columns[:, None, :]]
    return np.asarray(counted[y, x] >= around.max(axis=(1, 2)), np.bool_)


def _reached(at: NDArray[np.float32], reach: float, count: int) -> tuple[int, int]:
    """The first of `count` cells within `reach` of any edge, and how many there are from it on.

    On a turned map all edges may lie beside it; one empty cell is left then.
    """
    low = min(max(int(float(at.min()) - reach), 0), count - 1)
    high = min(int(float(at.max()) + reach) + 1, count)
    return low, max(high - low, 1)


def _cells(
    at: NDArray[np.float32], across: NDArray[np.float32], rows: int, columns: int
) -> NDArray[np.int64]:
    """The cells that edges vote for, to both sides of each; `at` and `across` are 2 x edges.

    What falls off the map gathers in its outermost cells, which are then left out.
    """
    count = at.shape[1]
    moved = np.empty((2, 2 * count), np.float32)
    np.add(at, across, out=moved[:, :count])
    np.subtract(at, across, out=moved[:, count:])
    np.maximum(moved, 0, out=moved)
    for axis, last in enumerate((columns - 1, rows - 1)):
        np.minimum(moved[axis], last, out=moved[axis])
    cells = moved.astype(np.int64)
    cells[1] *= columns
    return np.asarray(cells[0] + cells[1], np.int64)


def _inside(at: NDArray[np.float64], length: float, radius: float) -> NDArray[np.float64]:
    """Share of circles centred `at` that lies between 0 and `length`."""
    low, high = (
        np.arccos(np.minimum(np.maximum(room / radius, -1), 1)) / np.pi
        for room in (at, length - at)
    )
    return np.asarray(1 - low - high, np.float64)
