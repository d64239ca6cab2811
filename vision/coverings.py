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
from vision.page import Gray, MatLike, Page, find_page, flatten, lifted, without_rim

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
# Of a sheet's edge across the page: how much it is turned, the bands on both sides of it, the least
# difference of white, how much less there may be beside the step (a shadow's edge is broad), and
# the share of the page's width that must be free of ink.
_SLOPES = np.linspace(-0.05, 0.05, 21)
_BAND_PX, _LEAST_STEP, _NARROW, _WIDE, _KNOWN = 8, 0.008, 0.4, 0.5, 0.9
_PARTS, _ALIKE, _AGREED = 10, 0.4, 0.85  # of a row; of its mean step; share of parts that have it
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
    if not lines and not folds:  # a step from edge to edge may be a fold
        lines = tuple(_wide_steps(apart, clear))
    return Covering(lines, bool(lines))


def _wide_steps(apart: Gray, clear: NDArray[np.bool_]) -> Iterator[Line]:
    """Steps across most of the page, as a sheet's edge without any shadow makes one.

    The mean of so long a line knows differences of white that no smaller part of it shows.
    """
    for across in (False, True):
        values, known = (apart.T, clear.T) if across else (apart, clear)
        size = (values.shape[1] // 4, values.shape[0])
        weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        seen = np.where(known, values, np.float32(0))
        light = cv2.resize(np.asarray(seen, np.float32), size, interpolation=cv2.INTER_AREA)
        rise, told = _rises(np.asarray(light, np.float32), np.asarray(weight, np.float32))
        for slope in _SLOPES:
            shear = np.array([[1, 0, 0], [4 * slope, 1, -2 * slope * size[0]]], np.float32)
            sums, total = (_in_parts(cv2.warpAffine(one, shear, size)) for one in (rise, told))
            row = _step(sums, total, size[0])
            if row is not None:
                start, end = (round(row + slope * sign * values.shape[1] / 2) for sign in (1, -1))
                line = (0, start, values.shape[1] - 1, end)
                yield (line[1], line[0], line[3], line[2]) if across else line


def _rises(light: Gray, weight: Gray) -> tuple[Gray, Gray]:
    """How much brighter it is below each place than above it, and 1 where both are bare."""
    band = (1, _BAND_PX)
    known = cv2.blur(weight, band)
    means = cv2.blur(light, band) / np.maximum(known, 1e-3)
    reach = _BAND_PX // 2 + 2
    rise, told = np.zeros_like(light), np.zeros_like(light)
    rise[reach:-reach] = means[2 * reach :] - means[: -2 * reach]
    both = np.minimum(known[2 * reach :], known[: -2 * reach])
    told[reach:-reach] = both > _KNOWN
    return np.asarray(rise * told, np.float32), told


def _in_parts(values: MatLike) -> Gray:
    """Sums of each row, part by part."""
    wide = values.shape[1] // _PARTS
    parts = np.asarray(values[:, : wide * _PARTS]).reshape(values.shape[0], _PARTS, wide)
    return np.asarray(parts.sum(axis=2), np.float32)


def _step(sums: Gray, total: Gray, width: int) -> int | None:
    """The row at which there is a narrow step in nearly all of its parts, None without one."""
    rises = sums.sum(axis=1) / np.maximum(total.sum(axis=1), 1.0)
    share = total.sum(axis=1) / width
    bare = total > 0.3 * width / _PARTS
    alike = bare & (sums * np.sign(rises)[:, None] > _ALIKE * np.abs(rises)[:, None] * total)
    agreed = alike.sum(axis=1) >= np.maximum(_AGREED * bare.sum(axis=1), _PARTS // 2)
    far = _BAND_PX + 6
    around = np.maximum(np.abs(np.roll(rises, far)), np.abs(np.roll(rises, -far)))
    size = np.abs(rises)
    sharp = (size > _LEAST_STEP) & (size < _MOST_STEP) & (around < _NARROW * size)
    sharp &= (share > _WIDE) & agreed
    sharp[: 4 * _BAND_PX] = sharp[-4 * _BAND_PX :] = False
    rows = np.flatnonzero(sharp)
    return int(rows[size[rows].argmax()]) if rows.size else None


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
