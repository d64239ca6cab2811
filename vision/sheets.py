"""Another sheet that looks out from under the page.

Two sheets are outlined together or the upper one alone. In the first case the desk shows in two
opposite corners of the outline, and the upper one's edge may be a hair of shadow along a side; in
the second one a strip as bright and as colourless as the page lies beside it and ends in an edge
of its own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.channels import least
from vision.decoding import Image
from vision.page import Gray, Page

_PAGE_PX = (840, 1188)  # the page made flat: A4 in 4 pixels a millimetre
_MARGIN_PX = 120  # 30 mm around it, and inside of it
_NEAR_PX, _INSIDE_PX = (4, 12), (8, 32)  # bands just outside and inside of an edge
_NOTCH_PX, _MOSTLY = (5, 13), 0.85  # a square just inside of a corner; share that is desk
_RIM_PX = 6  # of the outline's own edge
_TURNED = np.linspace(-0.045, 0.045, 13)  # slopes: what is turned more was laid there openly
_SOFT_PX, _BROAD_PX = 1.0, 6.0
_SHADOW, _INK = 0.022, 0.12  # ratios (logarithm): light; a hair of shadow; print
_LIKE = 0.16  # ratio (logarithm) of two papers' brightness, one lying in the other's shadow
_TINT = 0.10  # of two papers' red to blue
_STEP = 0.18  # ratio by which the desk is darker
_LEAST_RUN = 0.45  # of a side: a sheet that is only turned looks out along half of it
_MOST = 0.85  # of the rim: with more it is a pale desk
_DARKEST = 12


def second_sheet(image: Image, page: Page) -> bool | None:
    """Tell whether another sheet looks out from under `page`; None where it cannot be told.

    Args:
        page: as outlined; a frame without paper edges tells nothing.
    """
    if page.whole:
        return None
    wide, seen = _with_margin(image, page)
    like = _like_paper(wide)
    runs, alike = [], []
    for turn in range(4):
        rim, known = np.rot90(like, turn), np.rot90(seen, turn)
        run, share = _along_top(rim, known, np.rot90(wide, turn))
        runs.append(run)
        alike.append(share)
    if float(np.mean(alike)) > _MOST:
        return None
    return max(runs) > _LEAST_RUN or _is_notched(wide, like, seen) or _edge_inside(wide, seen)


def _is_notched(wide: Image, like: NDArray[np.bool_], seen: NDArray[np.bool_]) -> bool:
    """Whether the desk shows in two opposite corners of the outline, as one dog-ear does not."""
    light = np.log(np.maximum(wide[..., 1], _DARKEST).astype(np.float32))
    notched = []
    corner = slice(_MARGIN_PX + _NOTCH_PX[0], _MARGIN_PX + _NOTCH_PX[1])
    page = float(np.median(light[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX]))
    for turn in range(4):
        other, known, dark = (np.rot90(each, turn)[corner, corner] for each in (~like, seen, light))
        darker = float(np.median(dark)) < page - _STEP
        notched.append(bool(known.all()) and darker and float(other.mean()) > _MOSTLY)
    return (notched[0] and notched[2]) or (notched[1] and notched[3])


def _edge_inside(wide: Image, seen: NDArray[np.bool_]) -> bool:
    """Whether a faint straight line runs along most of a side, within the outline.

    Lines along two opposite sides are a printed frame: a sheet looks out on one of them at most.
    """
    light = np.log(np.maximum(least(wide), _DARKEST).astype(np.float32))
    broad = cv2.GaussianBlur(light, (0, 0), _BROAD_PX)
    inked = (light - cv2.dilate(broad, np.ones((9, 9), np.uint8)) < -_INK).astype(np.uint8)
    solid = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    bare = 1 - cv2.dilate(solid, np.ones((13, 13), np.uint8)).astype(np.float32)
    fine = (cv2.GaussianBlur(light, (0, 0), _SOFT_PX) - broad) * bare
    edge, lines = _MARGIN_PX, []
    for turn in range(4):
        side = np.rot90(fine, turn)[edge : 2 * edge, edge:-edge]
        whole = bool(np.rot90(seen, turn)[edge : 2 * edge, edge:-edge].all())
        lines.append(whole and _darkest_line(np.ascontiguousarray(side)))
    framed = (lines[0] and lines[2]) or (lines[1] and lines[3])
    return any(lines) and not framed


def _darkest_line(side: Gray) -> bool:
    """Whether more than half of some line along this strip lies in a hair of shadow.

    The median of a line tells: print, which lies across it here and there, does not change it.
    """
    height, width = side.shape
    for slope in _TURNED:
        shear = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float32)
        level = cv2.warpAffine(side, shear, (width, height), borderValue=0.0)
        usual = np.median(level[_RIM_PX:-_RIM_PX, ::5], axis=1)
        beside = np.median(usual)
        if bool((usual < beside - _SHADOW).any()):
            return True
    return False


def _with_margin(image: Image, page: Page) -> tuple[Image, NDArray[np.bool_]]:
    """The page made flat with what lies around it, and what of that the frame holds."""
    width, height = _PAGE_PX
    edge = _MARGIN_PX
    inner = np.array(
        [[edge, edge], [edge + width, edge], [edge + width, edge + height], [edge, edge + height]],
        np.float32,
    )
    corners = np.array(page.corners, np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    if sides[0] + sides[2] > sides[1] + sides[3]:  # it lies across
        corners = np.roll(corners, 1, axis=0)
    matrix = cv2.getPerspectiveTransform(corners, inner)
    size = (width + 2 * edge, height + 2 * edge)
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    matrix = matrix @ np.diag([2.0, 2.0, 1.0])
    wide = np.asarray(cv2.warpPerspective(half, matrix, size), np.uint8)
    known = cv2.warpPerspective(np.full(half.shape[:2], 255, np.uint8), matrix, size)
    return wide, np.asarray(known > 250, np.bool_)


def _like_paper(wide: Image) -> NDArray[np.bool_]:
    """What is about as bright and as colourless as the page's own rim, nearest to it."""
    soft = np.maximum(cv2.GaussianBlur(wide, (0, 0), 1.5), _DARKEST).astype(np.float32)
    light = np.log(soft[..., 1])
    tint = np.log(soft[..., 2] / soft[..., 0])
    # A cell at a corner may hold the desk alone: the brightest one near it is paper.
    bright = cv2.dilate(_cells(light), np.ones((5, 5), np.uint8))
    usual = cv2.medianBlur(_cells(tint), 5)
    paper, own = (_extended(np.asarray(each), wide.shape[:2]) for each in (bright, usual))
    return np.asarray((np.abs(light - paper) < _LIKE) & (np.abs(tint - own) < _TINT), np.bool_)


def _cells(values: Gray) -> Gray:
    """The page in cells of 12 mm, of each what most of it is, print aside."""
    edge, (width, height) = _MARGIN_PX, _PAGE_PX
    page = values[edge : edge + height, edge : edge + width]
    cells = page[: height // 50 * 50, : width // 50 * 50].reshape(height // 50, 50, width // 50, 50)
    return np.asarray(np.percentile(cells, 70, axis=(1, 3)), np.float32)


def _extended(cells: Gray, shape: tuple[int, ...]) -> Gray:
    """Cells at the size of the picture, the outermost going on beyond the page."""
    edge, (width, height) = _MARGIN_PX, _PAGE_PX
    inner = cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR)
    below, beside = shape[0] - edge - height, shape[1] - edge - width
    wide = cv2.copyMakeBorder(inner, edge, below, edge, beside, cv2.BORDER_REPLICATE)
    return np.asarray(wide, np.float32)


def _along_top(
    like: NDArray[np.bool_], known: NDArray[np.bool_], wide: Image
) -> tuple[float, float]:
    """How much of the top side has paper beyond it that ends in a darker desk; how much of all
    beyond it is like paper."""
    edge = _MARGIN_PX
    inner = slice(edge + 20, like.shape[1] - edge - 20)
    near = slice(edge - _NEAR_PX[1], edge - _NEAR_PX[0])
    beyond = like[: edge - _NEAR_PX[0], inner]
    seen = known[: edge - _NEAR_PX[0], inner]
    if not seen.any():
        return 0.0, 0.0
    starts = like[near, inner].mean(axis=0) > 0.8
    # The nearest row that is not like paper, counted outwards, must be seen, and desk.
    outwards = ~beyond[::-1] & seen[::-1]
    ends = outwards.any(axis=0)
    first = outwards.argmax(axis=0)
    light = np.log(np.maximum(wide[..., 1], _DARKEST).astype(np.float32))
    rows = np.maximum(edge - _NEAR_PX[0] - 1 - first - 4, 0)
    columns = np.arange(inner.start, inner.stop)
    desk = light[rows, columns]
    paper = light[edge + _INSIDE_PX[0] : edge + _INSIDE_PX[1], inner].max(axis=0)
    sheet = starts & ends & (paper - desk > _STEP)
    return float(sheet.mean()), float(beyond[seen].mean())
