"""Square seals on an ink map: a frame with ink on four sides, characters inside, paper outside.

A table has frames too, but its lines go on beyond the corners and its cells stand in rows; a
filled box has no paper inside.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.page import Gray, MatLike

_SIDE = (0.034, 0.34)  # of the longest side: 10 mm on A4 up to a crop that shows little else
_MOST_ASPECT = 1.7  # name seals are 18 x 18 mm, invoice seals up to 40 x 25 mm
_PATCH_PX = 80  # a candidate is judged on a copy whose frame fills this square
_MARGIN_PX = 12  # and on this much paper around it
_FRAME_PX = 10  # how deep the frame may lie inside of the outline: bent or rounded sides
_SIDE_COVERAGE = 0.72  # of each side
_INSIDE = (0.12, 0.72)  # share of ink inside of the frame
_OUTSIDE = 0.12  # share of ink on the paper around it
_BESIDE = 0.6  # sides: within which the next character of a line begins
_IN_A_LINE = 0.15  # share of ink there
_STROKE = 0.4  # of its usual ink: less is the blur around strokes
_CLOSINGS = (1, 5, 9)  # pixels that a worn frame may miss at a stretch


class Square(Struct, frozen=True):
    """A square seal: corners clockwise (x, y), share of its frame with ink, its usual ink."""

    corners: tuple[tuple[float, float], ...]
    coverage: float
    strength: float

    def box(self) -> tuple[float, float, float, float]:
        """Return x, y, width, height of the upright box around it."""
        xs, ys = zip(*self.corners, strict=True)
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def find_squares(ink: Gray, least: float, bare: Gray | None = None) -> list[Square]:
    """Return the square seals on `ink`, a map at working size; rings should be wiped off it.

    Args:
        bare: the same without long lines; a page's edge or a frame runs around all that is in it.
    """
    found: list[Square] = []
    tries = [(ink, _halfway(ink, least)), (ink, least)]
    tries += [(bare, least)] if bare is not None and bare is not ink else []
    for on, level in tries:
        bears = (on > level).astype(np.uint8)
        for closing in _CLOSINGS:
            kernel = np.ones((closing, closing), np.uint8)
            joined = cv2.morphologyEx(bears, cv2.MORPH_CLOSE, kernel)
            for outline in cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
                square = _judged(on, bears, outline, least)
                if square is not None and not any(_overlap(square, other) for other in found):
                    found.append(square)
    return found


def _halfway(ink: Gray, least: float) -> float:
    """A third of what good ink on this map reaches: blur around strokes stays below it."""
    marked = ink[ink > least]
    return max(least, float(np.percentile(marked, 90)) / 3) if marked.size else 1.0


def _judged(ink: Gray, bears: NDArray[np.uint8], outline: MatLike, least: float) -> Square | None:
    _, _, width, height = cv2.boundingRect(outline)
    # The smallest rectangle has no more area than the upright one, so no larger short side.
    if len(outline) < 4 or width * height < (_SIDE[0] * max(ink.shape)) ** 2:
        return None
    rectangle = cv2.minAreaRect(outline)
    if not _fits(rectangle[1], max(ink.shape)):
        return None
    corners = _clockwise(np.asarray(cv2.boxPoints(rectangle), np.float32))
    patch = _patch(ink, corners)
    low, high = _MARGIN_PX, _MARGIN_PX + _PATCH_PX
    strength = float(np.percentile(patch[low:high, low:high], 90))
    marked = np.asarray(patch > max(0.6 * least, _STROKE * strength), np.float32)
    coverage = _frame_coverage(marked)
    if coverage < _SIDE_COVERAGE or not _like_a_seal(marked) or _in_a_line(bears, corners):
        return None
    if strength < least:
        return None
    return Square(tuple((float(x), float(y)) for x, y in corners), coverage, strength)


def _fits(sides: Sequence[float], longest: int) -> bool:
    short, long = min(sides), max(sides)
    return _SIDE[0] * longest < short and long < min(_SIDE[1] * longest, _MOST_ASPECT * short)


def _like_a_seal(patch: Gray) -> bool:
    """Whether there are characters inside of the frame and paper outside."""
    low, high = _MARGIN_PX, _MARGIN_PX + _PATCH_PX
    inside = patch[low + _FRAME_PX : high - _FRAME_PX, low + _FRAME_PX : high - _FRAME_PX]
    outside = np.ones(patch.shape, np.bool_)
    outside[low - 4 : high + 4, low - 4 : high + 4] = False
    paper = float(patch[outside].mean()) < _OUTSIDE
    return paper and _INSIDE[0] < float(inside.mean()) < _INSIDE[1]


def _in_a_line(bears: NDArray[np.uint8], corners: NDArray[np.float32]) -> bool:
    """Whether more of the same ink follows at once at one side, as in a line of characters."""
    left, top = corners.min(axis=0).round().astype(int)
    right, bottom = corners.max(axis=0).round().astype(int)
    reach = round(_BESIDE * (right - left))
    rows = slice(max(top, 0), bottom)
    before = bears[rows, max(left - reach, 0) : max(left - 2, 0)]
    after = bears[rows, right + 2 : right + reach]
    return any(part.size > 0 and float(part.mean()) > _IN_A_LINE for part in (before, after))


def _patch(picture: NDArray[np.generic], corners: NDArray[np.float32]) -> Gray:
    """The candidate made upright, with paper around it; paper outside of the map is bare."""
    low, high = _MARGIN_PX, _MARGIN_PX + _PATCH_PX
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    size = (_PATCH_PX + 2 * _MARGIN_PX, _PATCH_PX + 2 * _MARGIN_PX)
    return np.asarray(cv2.warpPerspective(picture.astype(np.float32), matrix, size), np.float32)


def _frame_coverage(patch: Gray) -> float:
    """Ink along the worst of the four sides, 0..1."""
    low, high = _MARGIN_PX, _MARGIN_PX + _PATCH_PX
    sides = (
        patch[low - 3 : low + _FRAME_PX, low:high].max(axis=0),
        patch[high - _FRAME_PX : high + 3, low:high].max(axis=0),
        patch[low:high, low - 3 : low + _FRAME_PX].max(axis=1),
        patch[low:high, high - _FRAME_PX : high + 3].max(axis=1),
    )
    return min(float((side > 0.5).mean()) for side in sides)


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    first = int(np.argmin(corners.sum(axis=1)))
    return np.asarray(np.roll(corners, -first, axis=0), np.float32)


def _overlap(one: Square, other: Square) -> bool:
    x, y, width, height = one.box()
    x2, y2, width2, height2 = other.box()
    across = min(x + width, x2 + width2) - max(x, x2)
    down = min(y + height, y2 + height2) - max(y, y2)
    return across > 0 and down > 0 and across * down > 0.3 * min(width * height, width2 * height2)
