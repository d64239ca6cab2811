"""Parts of seals at a page's edge (骑缝): each page of a stapled pile bears a strip of the ring.

A strip shows too little of the ring to fit one, so it is told by its place and shape: ink that
touches the edge, as long as a seal is wide, of several strokes and with paper between them.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.page import Gray

_LENGTH = (0.09, 0.24)  # along the edge, of the longest side: seals of 27 to 60 mm on A4
_DEPTH = (0.015, 0.11)  # across the edge
_JOIN = 0.05  # of the longest side: ring, characters and star of one strip lie so near
_TOUCH = 0.008  # a strip begins this near to the edge; the page's outline is not exact
_SHARE = (0.1, 0.62)  # of its box; a flat colour or a single line is no seal
_LEAST_STROKES = 3
_BLURRED = 0.4  # of the strip's usual ink: less is the blur around its strokes


class Seam(Struct, frozen=True):
    """A strip: x, y, width, height, and its usual ink."""

    place: tuple[float, float, float, float]
    strength: float

    def box(self) -> tuple[float, float, float, float]:
        """Return x, y, width, height."""
        return self.place


def find_seams(ink: Gray, least: float) -> list[Seam]:
    """Return the strips at the edges of `ink`, a map at working size, seals wiped off it."""
    bears = (ink > least).astype(np.uint8)
    found: list[Seam] = []
    for turns in range(4):  # each edge in turn becomes the left one
        strip = np.ascontiguousarray(np.rot90(bears, turns))
        values = np.rot90(ink, turns)
        for box in _strips(strip):
            x, y, width, height = box
            part = values[y : y + height, x : x + width]
            strength = float(np.percentile(part[part > least], 75))
            if _is_seam(part > max(least, _BLURRED * strength)):
                found.append(Seam(_turned_back(box, strip.shape, turns), strength))
    return found


def _strips(bears: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Boxes of ink that touch the left edge and have a seam's size."""
    longest = max(bears.shape)
    join = max(3, round(_JOIN * longest)) | 1
    near = bears[:, : round(1.6 * _DEPTH[1] * longest)]
    if not near[:, : int(_TOUCH * longest) + 1].any():
        return []
    joined = cv2.dilate(near, np.ones((join, join), np.uint8))
    count, labels, _, _ = cv2.connectedComponentsWithStats(joined)
    boxes = []
    for label in range(1, count):
        ys, xs = np.nonzero((labels == label) & (near > 0))
        if not xs.size:
            continue
        x, y = int(xs.min()), int(ys.min())
        width, height = int(xs.max()) - x + 1, int(ys.max()) - y + 1
        fits = _LENGTH[0] * longest < height < _LENGTH[1] * longest
        fits &= _DEPTH[0] * longest < width < _DEPTH[1] * longest and width < 0.75 * height
        if fits and x <= _TOUCH * longest:
            boxes.append((x, y, width, height))
    return boxes


def _is_seam(part: NDArray[np.bool_]) -> bool:
    if not _SHARE[0] < float(part.mean()) < _SHARE[1]:
        return False
    rows = part.any(axis=1).astype(np.int8)
    strokes = int((np.diff(np.concatenate([[0], rows])) > 0).sum())
    return strokes >= _LEAST_STROKES


def _turned_back(
    box: tuple[int, int, int, int], shape: tuple[int, ...], turns: int
) -> tuple[float, float, float, float]:
    """Undo `numpy.rot90(..., turns)` for a box."""
    x, y, width, height = box
    rows, columns = shape
    for _ in range(turns):  # one step back: (x, y) -> (rows - y - height, x)
        x, y, width, height = rows - y - height, x, height, width
        rows, columns = columns, rows
    return float(x), float(y), float(width), float(height)
