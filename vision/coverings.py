"""Something flat that lies on a page and was not there before: a strip, a label, another sheet.

Paper on paper has no ink to be seen by, but edges: a hair of shadow and a shade of white, along a
straight line. Both photos are laid over each other by their print; what is left of their light,
away from all ink, is searched for such lines.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.alignment import Matrix, align, anchored
from vision.comparison import print_map
from vision.decoding import Image
from vision.page import Gray, Page, find_page, flatten, lifted, without_rim

_MIN_INLIERS = 40
_SOFT_PX = 1.2  # noise goes, an edge of a flat page at 120 dpi stays
_BROAD_PX = 4.0  # lamp, curl and the edges of shadows change over more than this
_INNER_PX = 13
_ASIDE_PX, _MOST_STEP = 9, 0.08  # how far beside a line; a sharper shadow makes a larger step
_PRINT, _BESIDE_PX = 0.06, 11  # darkness of print, and how far its fringes and misfits reach
_TINT = 0.12  # ratio (logarithm) of red to blue against the other photo: ink, or a hand
_TINTED_PX = 28
_STANDS_OUT, _LEAST = 3.0, 0.012  # deviations of bare paper, and the least ratio (logarithm)
# Strips mostly lie along the lines of print: averaged along those, a fainter edge stands out.
_ALONG_PX, _LEAST_ALONG = 15, 0.007
_DARKEST = 12
_LINE_PX, _GAP_PX = 110, 8  # 24 mm on A4: what lies there to deceive is longer
_GOES_ON = 0.5  # share of the rest of a fold that is edge
_FILLED = 0.7  # share of a line that must be edge
_CLEAR = 0.25  # share of a page that must be free of ink

Line = tuple[int, int, int, int]


class Covering(Struct, frozen=True):
    """What edges of paper lie on the later page alone.

    Args:
        lines: ends (x0, y0, x1, y1) on the earlier page made flat, longest first.
        covered: None where the photos cannot be compared.
    """

    lines: tuple[Line, ...]
    covered: bool | None


def covering(
    before: Image,
    after: Image,
    *,
    before_page: Page | None = None,
    after_page: Page | None = None,
    folds: bool = False,
) -> Covering:
    """Search `after` for straight edges of paper that `before` has not.

    Args:
        folds: the page may have been folded in between; an edge that runs on to both of the
            page's own edges is then none.
        before_page, after_page: where the paper lies, when the caller knows; sought otherwise.
    """
    one, other = before_page or find_page(before), after_page or find_page(after)
    if one is None or other is None:
        return Covering((), None)
    flat, later = flatten(before, one), flatten(after, other)
    found = anchored(align(flat, later), flat, later)
    if found.matrix is None or found.inliers < _MIN_INLIERS:
        return Covering((), None)
    laid, known = _laid(after, found.matrix @ np.linalg.inv(lifted(other, later)), flat)
    clear = known & _bare(flat) & _bare(laid) & ~_tinted(flat, laid)
    clear = np.asarray(without_rim(clear.astype(np.float32)) > 0, np.bool_)
    if float(clear.mean()) < _CLEAR:
        return Covering((), None)
    apart = without_rim(_light(laid)) - without_rim(_light(flat))
    lines = tuple(
        line
        for edges in _edges(apart, clear)
        for line in _lines(edges)
        if not _is_shadow(apart, clear, line) and not (folds and _is_fold(edges, clear, line))
    )
    return Covering(lines, bool(lines))


def _laid(image: Image, matrix: Matrix, flat: Image) -> tuple[Image, NDArray[np.bool_]]:
    """`image` over `flat`, cut anew from all its pixels, and where it has any.

    A page whose outline was not found, as another sheet lies there, was made too small before.
    """
    size = (flat.shape[1], flat.shape[0])
    laid = cv2.warpPerspective(image, matrix, size)
    known = cv2.warpPerspective(np.ones(image.shape[:2], np.uint8), matrix, size)
    return np.asarray(laid, np.uint8), np.asarray(known > 0, np.bool_)


def _light(flat: Image) -> Gray:
    """Logarithm of the brightness in red, in which seals hardly show."""
    return np.asarray(np.log(np.maximum(flat[..., 2], _DARKEST).astype(np.float32)), np.float32)


def _bare(flat: Image) -> NDArray[np.bool_]:
    """Where no print is near."""
    inked = (cv2.GaussianBlur(print_map(flat), (0, 0), 1.0) > _PRINT).astype(np.uint8)
    solid = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(cv2.dilate(solid, np.ones((_BESIDE_PX,) * 2, np.uint8)) == 0, np.bool_)


def _tinted(flat: Image, laid: Image) -> NDArray[np.bool_]:
    """Near coloured ink, and what has another colour than before: new ink, or a hand."""
    tints = []
    for each in (flat, laid):
        small = cv2.resize(each, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        soft = np.maximum(small, _DARKEST).astype(np.float32)
        tint = np.log(soft[..., 2] / soft[..., 0])
        tints.append(tint - np.float32(np.median(tint)))
    most = np.maximum(np.abs(tints[0]), np.abs(tints[1]))
    other = ((np.abs(tints[1] - tints[0]) > _TINT) | (most > 2 * _TINT)).astype(np.uint8)
    grown = cv2.dilate(other, np.ones((_TINTED_PX // 4,) * 2, np.uint8))
    near = cv2.resize(grown, flat.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(near > 0, np.bool_)


def _edges(apart: Gray, clear: NDArray[np.bool_]) -> Iterator[NDArray[np.uint8]]:
    """Where one light against the other changes in a step or a narrow shadow: any way, and along
    rows and columns."""
    weight = clear.astype(np.float32)
    apart = apart * weight
    fine = _mean(apart, weight, _SOFT_PX) - _mean(apart, weight, _BROAD_PX)
    # At the rim of what is clear the broad mean has one side alone, and light has a slope.
    around = np.ones((_INNER_PX, _INNER_PX), np.uint8)
    border = cv2.BORDER_CONSTANT
    inner = cv2.erode(clear.astype(np.uint8), around, borderType=border, borderValue=(0,))
    clear = np.asarray(inner > 0, np.bool_)
    weight = clear.astype(np.float32)
    fine[~clear] = 0
    yield _outstanding(fine, clear, _LEAST)
    for size in ((_ALONG_PX, 1), (1, _ALONG_PX)):
        share = np.maximum(cv2.blur(weight, size), 0.5)
        yield _outstanding(np.asarray(cv2.blur(fine, size) / share), clear, _LEAST_ALONG)


def _outstanding(fine: Gray, clear: NDArray[np.bool_], least: float) -> NDArray[np.uint8]:
    sample = np.abs(fine[clear][::3])
    usual = float(np.median(sample)) / 0.67 if sample.size else 0.0
    return np.asarray((np.abs(fine) > max(_STANDS_OUT * usual, least)) & clear, np.uint8)


def _mean(values: Gray, weight: Gray, sigma_px: float) -> Gray:
    total = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma_px) / np.maximum(total, 0.05))


def _lines(edges: NDArray[np.uint8]) -> tuple[Line, ...]:
    cv2.setRNGSeed(1)
    found = cv2.HoughLinesP(edges, 1, np.pi / 360, 60, minLineLength=_LINE_PX, maxLineGap=_GAP_PX)
    if found is None:
        return ()
    lines = [tuple(int(v) for v in line) for line in found.reshape(-1, 4)]
    kept = [line for line in lines if _filled(edges, line) > _FILLED]
    ordered = sorted(kept, key=lambda line: -np.hypot(line[2] - line[0], line[3] - line[1]))
    return tuple((line[0], line[1], line[2], line[3]) for line in ordered)


def _is_shadow(apart: Gray, clear: NDArray[np.bool_], line: Line) -> bool:
    """Whether it is much darker on one side: two papers are not that different, a shadow is."""
    x, y = np.linspace(line[0], line[2], 40), np.linspace(line[1], line[3], 40)
    along = np.array([line[2] - line[0], line[3] - line[1]], np.float64)
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1.0)
    sides = []
    for far in (_ASIDE_PX, -_ASIDE_PX):
        at_x = np.clip(np.rint(x + far * across[0]).astype(int), 0, apart.shape[1] - 1)
        at_y = np.clip(np.rint(y + far * across[1]).astype(int), 0, apart.shape[0] - 1)
        known = clear[at_y, at_x]
        sides.append(float(np.median(apart[at_y, at_x][known])) if known.any() else 0.0)
    return abs(sides[0] - sides[1]) > _MOST_STEP


def _is_fold(edges: NDArray[np.uint8], clear: NDArray[np.bool_], line: Line) -> bool:
    """Whether the line goes on to the page's own edges, on both sides of what was found."""
    start, end = np.array(line[:2], np.float64), np.array(line[2:], np.float64)
    along = (end - start) / max(float(np.hypot(*(end - start))), 1.0)
    near = cv2.dilate(edges, np.ones((5, 5), np.uint8))
    steps = np.arange(4.0, float(max(edges.shape)) * 1.5)[:, None]
    for ray in (end + steps * along, start - steps * along):
        at = np.rint(ray).astype(int)
        inside = ((at >= 0) & (at < (edges.shape[1], edges.shape[0]))).all(axis=1)
        x, y = at[inside].T
        known = clear[y, x]
        if known.sum() >= _LINE_PX // 2 and float(near[y, x][known].mean()) < _GOES_ON:
            return False
    return True


def _filled(edges: NDArray[np.uint8], line: tuple[int, ...]) -> float:
    """Share of a line's pixels that are edge."""
    count = max(abs(line[2] - line[0]), abs(line[3] - line[1])) + 1
    x = np.rint(np.linspace(line[0], line[2], count)).astype(int)
    y = np.rint(np.linspace(line[1], line[3], count)).astype(int)
    return float(edges[y, x].mean())
