"""Is it paper under the camera, or a screen; and was its seal pressed with ink, or printed?

A screen shows its pixel grid on the bare page. A printed seal shows printer's dots, or is as even
as no pressed one; a black-and-white copy has it in grey. What cannot be told is None, never a
guess. Not caught: screens and dots finer than the lens resolves, and a copy good enough to carry
the unevenness of the ink with it, such as a photographic print.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import cv2
import numpy as np

from vision.decoding import Image
from vision.ink import ink
from vision.page import Gray, Page, find_page
from vision.rasters import TILE_PX, has_raster
from vision.seals import Colour, Seal, find_seals
from vision.shrinking import shrunk

_BARE = 0.85  # of a tile's middle brightness: print, folds and shadows are darker
_LIT = 70.0  # grey levels; in darker tiles there is only noise
_MOST_TILES = 60
_SEAL_PX = 512  # size on which a seal's evenness is told
_AROUND = 0.08  # of a seal's side, to know its paper
_INKED = 0.45  # of the strong ink; less is an edge or a dry place
_DEEP_PX = 3.0  # from the edge of a stroke, on _SEAL_PX: less is blurred by the lens
_LEAST_DEEP = 500  # pixels
_LEAST_SEAL_PX = 150  # a smaller seal has no stroke that is three pixels deep
# Deviation of the ink's density, as a share of it: toner and ink jet are even within the noise of
# a photo, a pressed seal is uneven by its pad, its hand and its paper.
_EVEN, _UNEVEN = 0.045, 0.09
_STROKE_SHARE = 0.08  # of a tile, from which its ink says something


class Origin(enum.StrEnum):
    """What the camera was held over."""

    PAPER = "paper"
    SCREEN = "screen"
    PRINT = "print"  # a copy of a stamped page


class Impression(enum.StrEnum):
    """How the seals came onto the page."""

    INK = "ink"
    PRINTED = "printed"
    NONE = "none"  # there is no seal


def origin(image: Image, page: Page | None = None) -> Origin | None:
    """Tell what was photographed; None where nothing proves it.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.

    Paper is said only of a page with a pressed seal: without one a copy looks like its original.
    """
    page = page or find_page(image)
    grid = has_raster(_bare_tiles(image, page))
    if grid:
        return Origin.SCREEN
    how = impression(image, page)
    if how is Impression.PRINTED:
        return Origin.PRINT
    return Origin.PAPER if how is Impression.INK and grid is False else None


def impression(
    image: Image, page: Page | None = None, seals: Sequence[Seal] | None = None
) -> Impression | None:
    """Tell how the seals of a page were made: printed if any is; None where it cannot be told.

    Args:
        page, seals: what was found before; sought otherwise.
    """
    found = find_seals(image, page) if seals is None else seals
    if not found:
        return Impression.NONE
    said = {_of_seal(image, seal) for seal in found}
    if Impression.PRINTED in said:
        return Impression.PRINTED
    return Impression.INK if said == {Impression.INK} else None


def unevenness(image: Image, seal: Seal) -> float | None:
    """Return the deviation of a seal's ink as a share of its density; None: too small or pale."""
    if max(seal.box[2:]) < _LEAST_SEAL_PX:
        return None
    cut, _ = shrunk(_crop(image, seal), _SEAL_PX)
    maps = ink(cut)
    layer = maps.blue if seal.colour is Colour.BLUE else maps.red
    inked = layer > _INKED * max(float(np.percentile(layer, 97)), 1e-3)
    clear = cv2.dilate((maps.dark > 0.25).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    depth = cv2.distanceTransform(inked.astype(np.uint8), cv2.DIST_L2, 5)
    deep = (depth >= _DEEP_PX) & clear
    if int(deep.sum()) < _LEAST_DEEP:
        return None
    smooth = cv2.blur(layer * deep, (5, 5)) / np.maximum(
        cv2.blur(deep.astype(np.float32), (5, 5)), 0.05
    )
    values, depths = smooth[deep], np.minimum(depth[deep].astype(int), 12)
    for at in np.unique(depths):  # wide strokes are deeper coloured: the lens blurs narrow ones
        values[depths == at] /= max(float(np.median(values[depths == at])), 1e-3)
    low, high = np.percentile(values, [10, 90])
    return float(high - low) / 2.56


def _of_seal(image: Image, seal: Seal) -> Impression | None:
    if seal.colour is Colour.GREY:
        return Impression.PRINTED
    if has_raster(_inked_tiles(image, seal)):
        return Impression.PRINTED
    uneven = unevenness(image, seal)
    if uneven is None:
        return None
    if uneven < _EVEN:
        return Impression.PRINTED
    return Impression.INK if uneven > _UNEVEN else None


def _bare_tiles(image: Image, page: Page | None) -> list[Gray]:
    """Tiles of the page without print, at the picture's own size, spread over it."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    inside = np.ones(gray.shape, np.uint8)
    if page is not None and not page.whole:
        inside[:] = 0
        cv2.fillConvexPoly(inside, np.rint(np.array(page.corners)).astype(np.int32), (1,))
    soft = cv2.GaussianBlur(gray, (0, 0), 3)
    found = []
    for y, x in _places(gray.shape[:2], TILE_PX):
        part = slice(y, y + TILE_PX), slice(x, x + TILE_PX)
        middle = float(np.median(soft[part]))
        if inside[part].all() and middle > _LIT and float(soft[part].min()) > _BARE * middle:
            found.append(gray[part].astype(np.float32))
    return found[:: max(len(found) // _MOST_TILES, 1)]


def _inked_tiles(image: Image, seal: Seal) -> list[Gray]:
    """The ink's density within strokes, less its surroundings; 0 elsewhere."""
    cut = _crop(image, seal)
    density = 1 - cut[..., 1 if seal.colour is Colour.RED else 2].astype(np.float32) / 255
    smooth = cv2.GaussianBlur(density, (0, 0), 3)
    low, high = np.percentile(smooth, [10, 97])
    inked = (smooth > low + 0.5 * (high - low)).astype(np.float32)
    near = cv2.GaussianBlur(inked, (0, 0), 3)
    rest = inked * (density - cv2.GaussianBlur(density * inked, (0, 0), 3) / np.maximum(near, 0.05))
    return [
        np.asarray(rest[y : y + TILE_PX, x : x + TILE_PX], np.float32)
        for y, x in _places(cut.shape[:2], TILE_PX // 2)
        if float(inked[y : y + TILE_PX, x : x + TILE_PX].mean()) > _STROKE_SHARE
    ]


def _crop(image: Image, seal: Seal) -> Image:
    x, y, width, height = seal.box
    around = _AROUND * max(width, height)
    left, top = max(round(x - around), 0), max(round(y - around), 0)
    return image[top : round(y + height + around), left : round(x + width + around)]


def _places(shape: tuple[int, ...], step: int) -> list[tuple[int, int]]:
    rows = range(0, shape[0] - TILE_PX + 1, step)
    return [(y, x) for y in rows for x in range(0, shape[1] - TILE_PX + 1, step)]
