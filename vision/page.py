"""The paper in the picture: where it lies, the page made flat, and whether it is blank.

`vision.outline` finds its edges; a picture without any, such as a scan, is a page if it bears
print.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.decoding import Image
from vision.outline import find_outline
from vision.shrinking import shrunk

PAGE_PX = 1400  # longest side of a flat page; A4 at 120 dpi

Gray = NDArray[np.float32]
Points = NDArray[np.float32]
MatLike = NDArray[np.integer[Any] | np.floating[Any]]  # what OpenCV's functions return

_MIN_INKED_TILES = 0.04  # share of tiles with print before a frame without edges is a page
_TILE_PX = 32
RED_INK = 0.08  # redness of pale ink; fresh paper has under 0.03
_RIM = 0.04  # of each side: the paper's own edge and its shadow
_BLANK_INK = 0.0004  # share of the page; a title of three characters has twice that


class Page(Struct, frozen=True):
    """A page in a picture: corners in pixels (x, y), clockwise from top left.

    `whole` tells that no paper edge was seen and the frame itself is taken as the page.
    """

    corners: tuple[tuple[float, float], ...]
    whole: bool


def find_page(image: Image) -> Page | None:
    """Return where the paper lies; None when there is neither a paper edge nor print."""
    corners = find_outline(image)
    if corners is not None:
        ordered = _clockwise(corners)
        return Page(tuple((float(x), float(y)) for x, y in ordered), whole=False)
    height, width = image.shape[:2]
    whole = Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)
    return whole if _printed(flatten(image, whole)) else None


def flatten(image: Image, page: Page, longest_px: int = PAGE_PX) -> Image:
    """Return the page alone, as if seen from straight above; never larger than it is seen."""
    corners = np.array(page.corners, np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(sides[0], sides[2]), max(sides[1], sides[3])
    scale = min(1.0, longest_px / max(width, height, 1.0))
    size = (max(round(float(width) * scale), 8), max(round(float(height) * scale), 8))
    if page.whole:
        return shrunk(image, longest_px)[0]
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    kept = 1.0
    while 2 * scale <= kept:  # so that fine print is averaged, not skipped
        image, kept = shrunk(image, max(image.shape[:2]) // 2)[0], kept / 2
    matrix = cv2.getPerspectiveTransform(corners * np.float32(kept), target)
    return np.asarray(cv2.warpPerspective(image, matrix, size), np.uint8)


def lifted(page: Page, flat: Image) -> NDArray[np.float64]:
    """Return the homography that takes pixels of `flat`, made by `flatten`, to the picture's."""
    height, width = flat.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, np.array(page.corners, np.float32))
    return np.asarray(matrix, np.float64)


def darkness(flat: Image) -> Gray:
    """Return ink as 0 (paper) .. 1 (black), free of light and shade; red ink is left out.

    Seen through the red channel a red impression is nearly as bright as paper, and what it
    lacks is given back by how red it is; what was printed under it stays dark and shows.
    """
    blue, green, red = cv2.split(flat)
    redness = cv2.subtract(red, cv2.max(blue, green)).astype(np.float32)
    paper = cv2.dilate(red, np.ones((9, 9), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 31), (0, 0), 9).astype(np.float32)
    share = (red.astype(np.float32) + 0.6 * redness) / np.maximum(paper, 24)
    return np.clip((0.9 - share) / 0.6, 0, 1).astype(np.float32)


def redness(flat: Image) -> Gray:
    """Return how much redder than the paper around it each pixel is, 0 .. about 0.8."""
    small = cv2.resize(flat, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    # Local paper is what is brightest nearby; divided by its tint, black print is not coloured.
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 11)
    paper = np.asarray(cv2.resize(paper, (flat.shape[1], flat.shape[0])), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(flat, (0, 0), 1.0), np.uint8)
    share = np.divide(soft, np.maximum(paper, 24), dtype=np.float32)
    blue, green, red = cv2.split(share)
    return np.asarray(np.clip(red - cv2.max(blue, green), 0, 1), np.float32)


def without_rim(ink: Gray) -> Gray:
    """Return the inner part of a flat page's map; what lies at its edge is not print."""
    rim_y, rim_x = (max(round(side * _RIM), 1) for side in ink.shape[:2])
    return ink[rim_y:-rim_y, rim_x:-rim_x]


def is_blank(image: Image, page: Page | None = None) -> bool:
    """Tell whether the page bears no print at all; without a page the whole frame is judged.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.

    A red letterhead alone is not print. Ruled lines are: an empty form is not blank.
    """
    page = page or find_page(image)
    height, width = image.shape[:2]
    whole = Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)
    ink = darkness(flatten(image, page or whole))
    inner = (without_rim(ink) > 0.35).astype(np.uint8)
    # Single dark pixels are noise or dust; print is at least two wide somewhere.
    solid = cv2.morphologyEx(inner, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return float(solid.mean()) < _BLANK_INK


def tile_ranges(gray: NDArray[np.uint8], tile_px: int = _TILE_PX) -> tuple[Gray, Gray]:
    """Return the darkest and the brightest value of each full tile."""
    rows, columns = gray.shape[0] // tile_px, gray.shape[1] // tile_px
    bands = gray[: rows * tile_px, : columns * tile_px].reshape(rows, tile_px, -1)
    # Down each band first: whole rows at a time, which is many times as fast as tile by tile.
    dark = bands.min(axis=1).reshape(rows, columns, tile_px).min(axis=2)
    bright = bands.max(axis=1).reshape(rows, columns, tile_px).max(axis=2)
    return dark.astype(np.float32), bright.astype(np.float32)


def _printed(flat: Image) -> bool:
    """Whether a frame without paper edges still shows print on something bright."""
    gray = cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY)
    dark, bright = tile_ranges(np.asarray(gray, np.uint8))
    if not dark.size:
        return False
    inked = (bright - dark > 0.3 * bright) & (bright > 70)
    return float(inked.mean()) > _MIN_INKED_TILES


def _clockwise(quad: Points) -> Points:
    """Order corners clockwise from the one nearest to the frame's top left."""
    middle = quad.mean(axis=0)
    around = quad[np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))]
    first = int(np.argmin(around.sum(axis=1)))
    return np.asarray(np.roll(around, -first, axis=0), np.float32)
