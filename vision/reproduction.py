"""Is it paper under the camera, or a screen; and was its seal pressed with ink, or printed?

A screen shows its pixel grid on the bare page, a printed photo the printer's dots: neither was
pressed. A printed seal shows dots, too, or is as even as no pressed one; a black-and-white copy
has it in grey. What cannot be told is None, never a guess. Not caught: screens and dots finer than
the lens resolves, and a copy good enough to carry the unevenness of the ink with it, such as a
photographic print.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from vision.decoding import Image
from vision.ellipse import REACHES, profile
from vision.ink import ink
from vision.page import Gray, Page, find_page
from vision.rasters import TILE_PX, Raster, has_raster, raster
from vision.seals import Colour, Seal, find_seals
from vision.shrinking import shrunk

_BARE = 0.85  # of a tile's middle brightness: print, folds and shadows are darker
_LIT = 70.0  # grey levels; in darker tiles there is only noise
_MOST_TILES = 60
_SEAL_PX = 900  # size on which a seal's evenness is told, with the paper around it
_BESIDE = 0.5  # of a seal's side, on each side: enough to know its paper
_RING = np.flatnonzero((REACHES > 0.885) & (REACHES < 1.1))  # a stroke, blurred, no character
_RING_REACHES = REACHES[_RING]
_PRINT = 0.3  # darkness of black print over the ring
_SMOOTHED = 9  # angles of 3 degrees
_LEAST_RING = 0.6  # share of the ring that must be seen
_LEAST_INK = 0.04  # mean redness across the stroke; paler ones are noise
_LEAST_SEAL_PX = 150  # a smaller seal has no stroke that is three pixels deep
# Toner and ink jet are even but for the camera's noise (0.01 to 0.03); a pressed seal is uneven by
# its pad, the hand and the paper (0.04 and more).
_EVEN, _UNEVEN = 0.03, 0.038
_DOT_CYCLES = 16  # in a tile: dots are under 8 pixels apart, strokes and what is between them over
# Power of the wave at right angles, as a share. Dots in square rows have 1, of which noise and a
# slant leave a half; a display has under 0.1, as the light of its three stripes differs by far more
# (0.49 of the mean) than the gap below them takes (0.13).
_SQUARE = 0.4
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
    grid = raster(_bare_tiles(image, page))
    if grid is not None and grid.seen:
        return Origin.PRINT if _is_dots(grid) else Origin.SCREEN
    how = _of_seals(image, find_seals(image, page))
    if how is Impression.PRINTED:
        return Origin.PRINT
    return Origin.PAPER if how is Impression.INK and grid is not None else None


def bears_grid(image: Image, page: Page | None) -> bool | None:
    """Tell whether one fine wave runs through all bare paper; None: too little of it is bare."""
    return has_raster(_bare_tiles(image, page))


def impression(
    image: Image, page: Page | None = None, seals: Sequence[Seal] | None = None
) -> Impression | None:
    """Tell how the seals of a page were made: printed if any is; None where it cannot be told.

    Args:
        page, seals: what was found before; sought otherwise.

    On a printed photo every seal is printed; of a display's nothing is said.
    """
    page = page or find_page(image)
    found = find_seals(image, page) if seals is None else seals
    how = _of_seals(image, found)
    if how is not Impression.INK:
        return how
    grid = raster(_bare_tiles(image, page))
    if grid is None or not grid.seen:
        return how
    return Impression.PRINTED if _is_dots(grid) else None


def _of_seals(image: Image, found: Sequence[Seal]) -> Impression | None:
    """How seals look by themselves, whatever they are on."""
    if not found:
        return Impression.NONE
    said = {_of_seal(image, seal) for seal in found}
    if Impression.PRINTED in said:
        return Impression.PRINTED
    return Impression.INK if said == {Impression.INK} else None


def unevenness(image: Image, seal: Seal) -> float | None:
    """Return how much the ink along a seal's ring differs, as a share of it.

    Returns:
        None: no ring, or too small, pale, cut or hidden to tell.
    """
    if seal.ellipse is None or max(seal.box[2:]) < _LEAST_SEAL_PX:
        return None
    cut, left, top = _crop(image, seal, _BESIDE)
    small, scale = shrunk(cut, _SEAL_PX)
    maps = ink(small)
    layer = maps.blue if seal.colour is Colour.BLUE else maps.red
    moved = structs.replace(seal.ellipse, x=seal.ellipse.x - left, y=seal.ellipse.y - top)
    on_map = moved.scaled(scale * maps.scale)
    hidden = (profile(maps.dark, on_map)[:, _RING] > _PRINT).any(axis=1)
    across = profile(layer, on_map)[:, _RING]
    clear = ~hidden & (across >= 0).all(axis=1)
    # Blur spreads a stroke's ink and noise stands out of it; neither changes its sum.
    counts = _smoothed(np.asarray(clear, np.float32))
    sums = np.asarray(across.sum(axis=1), np.float32)
    smooth = _smoothed(np.asarray(np.where(clear, sums, 0.0), np.float32))
    told = (counts > _SMOOTHED / 2) & clear
    if float(told.mean()) < _LEAST_RING:
        return None
    low, middle, high = np.percentile((smooth / np.maximum(counts, 1))[told], [10, 50, 90])
    if middle < _LEAST_INK * len(_RING_REACHES):
        return None
    return float((high - low) / 2.56 / middle)


def _smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over neighbours along a closed ring."""
    half = _SMOOTHED // 2
    shifts = [np.roll(values, by) for by in range(-half, half + 1)]
    return np.asarray(np.sum(shifts, axis=0), np.float32)


def _is_dots(grid: Raster) -> bool:
    """A printer's dots stand in square rows; a display's pixels are stripes, and gaps."""
    return grid.across >= _SQUARE


def _of_seal(image: Image, seal: Seal) -> Impression | None:
    if seal.colour is Colour.GREY:
        return Impression.PRINTED
    if has_raster(_inked_tiles(image, seal), _DOT_CYCLES):
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
    cut, _, _ = _crop(image, seal, 0.0)
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


def _crop(image: Image, seal: Seal, beside: float) -> tuple[Image, int, int]:
    """The seal with some paper, and where it was cut out (x, y)."""
    x, y, width, height = seal.box
    around = beside * max(width, height)
    left, top = max(round(x - around), 0), max(round(y - around), 0)
    cut = image[top : round(y + height + around), left : round(x + width + around)]
    return cut, left, top


def _places(shape: tuple[int, ...], step: int) -> list[tuple[int, int]]:
    rows = range(0, shape[0] - TILE_PX + 1, step)
    return [(y, x) for y in rows for x in range(0, shape[1] - TILE_PX + 1, step)]
