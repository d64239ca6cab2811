"""Fine regular grids in a picture: the pixels of a screen, the dots of a printer.

Paper and ink are irregular; whatever repeats every few pixels in many places of a picture was made
by a machine that draws in dots. Only what the lens still resolves can be seen.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vision.page import Gray

TILE_PX = 128
LEAST_TILES = 6  # with fewer, noise alone has peaks
LEAST_CYCLES = 4  # in a tile; slower waves are light, shade and folds
# Mean power of noise over six tiles exceeds five times its median in one of 10^5 frequencies.
_STANDS_OUT = 9.0
# A page at a slant has the wave a little slower in one tile than in another. Of noise alone one
# tile in 40 has such a power near a given frequency.
_NEAR, _VOICE, _LEAST_VOICES = 2, 10.0, 0.4
_JPEG_CYCLES = 8  # blocks of 8 pixels, of 16 in colour: their frequencies are multiples of this


def has_raster(tiles: Sequence[Gray], least_cycles: int = LEAST_CYCLES) -> bool | None:
    """Tell whether the same fine wave runs through square tiles of TILE_PX; None: too few.

    A tinted table head or a guilloche in a corner is no raster: many tiles must have the wave.

    Args:
        least_cycles: in a tile; slower waves do not count.
    """
    if len(tiles) < LEAST_TILES:
        return None
    window = np.outer(np.hanning(TILE_PX), np.hanning(TILE_PX)).astype(np.float32)
    powers = np.empty((len(tiles), TILE_PX, TILE_PX), np.float32)
    for i, tile in enumerate(tiles):
        seen = np.abs(np.fft.fft2((tile - float(tile.mean())) * window)) ** 2
        powers[i] = seen / max(float(np.median(seen)), 1e-12)  # each tile has one voice
    total = powers.sum(axis=0, dtype=np.float64)
    usual = _usual(total)
    standing = np.where(_counted(least_cycles), total / usual, 0.0)
    peak = np.unravel_index(int(standing.argmax()), standing.shape)
    if float(standing[peak]) <= _STANDS_OUT:
        return False
    near = np.roll(powers, (_NEAR - int(peak[0]), _NEAR - int(peak[1])), axis=(1, 2))
    near = near[:, : 2 * _NEAR + 1, : 2 * _NEAR + 1].max(axis=(1, 2))
    voices = near > _VOICE * float(usual[peak]) / len(tiles)
    return bool(voices.mean() >= _LEAST_VOICES)


def _usual(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median power at each frequency's distance from zero; the axes are their own class,
    because blocks of a JPEG raise them."""
    radius, on_axis = _geometry()
    usual = np.ones_like(power)
    for axis in (False, True):
        for ring in range(LEAST_CYCLES, TILE_PX):
            at = (radius == ring if not axis else abs(radius - ring) <= 3) & (on_axis == axis)
            if at.any():
                here = at if not axis else at & (radius == ring)
                usual[here] = max(float(np.median(power[at])), 1e-12)
    return usual


@functools.cache
def _geometry() -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each frequency's distance from zero, in cycles, and whether it lies on an axis."""
    cycles = np.rint(np.fft.fftfreq(TILE_PX) * TILE_PX).astype(np.int64)
    x, y = np.meshgrid(cycles, cycles)
    return np.rint(np.hypot(x, y)).astype(np.int64), (abs(x) <= 1) | (abs(y) <= 1)


@functools.cache
def _counted(least_cycles: int) -> NDArray[np.bool_]:
    """Frequencies that say something: not too slow, and not those of a JPEG's blocks."""
    cycles = np.rint(np.fft.fftfreq(TILE_PX) * TILE_PX).astype(np.int64)
    near = np.minimum(cycles % _JPEG_CYCLES, -cycles % _JPEG_CYCLES) <= 1
    radius, _ = _geometry()
    return np.asarray((radius >= least_cycles) & ~np.outer(near, near), np.bool_)
