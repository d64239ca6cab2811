"""Votes for rings on an ink map: where may a ring of which size lie?

Every edge pixel votes for the centres that lie across it, at each radius; text votes at random,
a ring votes for one place. Ovals are found by the same vote on a stretched map. What was voted
for is a hypothesis only: `vision.rings` follows and judges it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.ellipse import Ellipse
from vision.page import Gray

_VOTE_PX = 400  # longest side of the map that votes; a seal of 14 mm on A4 is 18 px there
_LEAST_RADIUS_PX, _GROWTH = 9.0, 1.08
_LARGEST = 0.56  # radius as a share of the longest side: a crop that a seal fills
_PAD = 0.1  # of the longest side: centres of seam halves lie off the page
_CELL = 0.07  # of the radius: how far votes of one ring may scatter
_LEAST_CELL_PX = 1.5
_LEAST_SEEN = 0.25  # share of a circle inside of the map that a hypothesis needs
_MOST_EDGES = 6_000  # evenly taken from what there is; a ring keeps its share of them
_STEEP = 0.3  # slope of an edge of height 1 after both smoothings
_EXPLAINED = 1.12  # reach within which all edges belong to a ring that was found
_LEAST_EDGES = 40  # a faint seal of 12 mm still has 60
_LEAST_VOTES = 0.16  # of the votes that a whole ring would give
_MOST_HYPOTHESES = 150
# Stretches (along x, along y): seals are round, oval (45 x 30 mm at the most) or seen askew.
ROUND: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
OVAL: tuple[tuple[float, float], ...] = ((1.0, 1.32), (1.32, 1.0), (1.0, 1.65), (1.65, 1.0))


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
    kept = min(1.0, _MOST_EDGES / max(len(rows), 1))
    taken = np.linspace(0, len(rows) - 1, round(kept * len(rows))).astype(np.int64)
    rows, columns = rows[taken], columns[taken]
    normals = np.stack([slope_x[rows, columns], slope_y[rows, columns]], axis=1)
    normals = normals / slope[rows, columns, None]
    points = np.stack([columns, rows], axis=1).astype(np.float32)
    shape = (small.shape[0], small.shape[1])
    return Edges(points, normals.astype(np.float32), shape, factor, kept)


def hypotheses(found: Edges, stretches: Sequence[tuple[float, float]]) -> list[Hypothesis]:
    """Return where rings of these shapes may be, in pixels of the ink map, best first."""
    if len(found.points) < _LEAST_EDGES:
        return []
    voted = [one for stretch in stretches for one in _voted(found, stretch)]
    ordered = sorted(voted, key=lambda each: -each.votes)[:_MOST_HYPOTHESES]
    return [Hypothesis(one.ellipse.scaled(1 / found.factor), one.votes) for one in ordered]


def _voted(found: Edges, stretch: tuple[float, float]) -> Iterator[Hypothesis]:
    """Yield the peaks of the vote over all radii, on the map stretched by `stretch`."""
    scale = np.array(stretch, np.float32)
    points = found.points * scale
    normals = found.normals / scale  # a normal is stretched the other way
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    size = (found.shape[0] * stretch[1], found.shape[1] * stretch[0])
    radius = _LEAST_RADIUS_PX * max(stretch)
    while radius < _LARGEST * max(size):
        for x, y, votes in _peaks(points, normals, size, radius):
            a, b = radius / stretch[0], radius / stretch[1]
            ellipse = Ellipse(x / stretch[0], y / stretch[1], a, b)
            yield Hypothesis(ellipse, votes / found.kept)
        radius *= _GROWTH


def _peaks(
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    size: tuple[float, float],
    radius: float,
) -> list[tuple[float, float, float]]:
    """Centres x, y and votes (1 = a whole ring) at one radius, on a map of `size` (y, x)."""
    cell = max(_LEAST_CELL_PX, _CELL * radius)
    pad = min(_PAD * max(size), 0.8 * radius)
    columns = int((size[1] + 2 * pad) / cell) + 3
    rows = int((size[0] + 2 * pad) / cell) + 3
    both = np.concatenate([points + radius * normals, points - radius * normals])
    at = ((both + pad + cell) / cell).astype(np.int32)
    column, row = at[:, 0], at[:, 1]
    kept = (column > 0) & (row > 0) & (column < columns - 1) & (row < rows - 1)
    votes = np.bincount((row * columns + column)[kept], minlength=rows * columns)
    square = votes.reshape(rows, columns).astype(np.float32)
    counted = cv2.boxFilter(square, -1, (3, 3), normalize=False)
    whole = 4 * np.pi * radius  # both edges of the ring
    tops = counted > _LEAST_VOTES * _LEAST_SEEN * whole
    tops &= counted >= cv2.dilate(counted, np.ones((3, 3), np.uint8))
    y, x = np.divmod(np.flatnonzero(tops), columns)
    centre_x, centre_y = (x - 0.5) * cell - pad, (y - 0.5) * cell - pad
    seen = _inside(centre_y, size[0], radius) * _inside(centre_x, size[1], radius)
    share = counted[y, x] / whole / np.maximum(seen, _LEAST_SEEN)
    good = share > _LEAST_VOTES
    return list(
        zip(centre_x[good].tolist(), centre_y[good].tolist(), share[good].tolist(), strict=True)
    )


def _inside(at: NDArray[np.float64], length: float, radius: float) -> NDArray[np.float64]:
    """Share of circles centred `at` that lies between 0 and `length`."""
    low = np.arccos(np.clip(at / radius, -1, 1)) / np.pi
    high = np.arccos(np.clip((length - at) / radius, -1, 1)) / np.pi
    return np.asarray(1 - low - high, np.float64)
