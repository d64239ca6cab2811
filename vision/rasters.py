"""Fine regular grids in a picture: the pixels of a screen, the dots of a printer.

Paper and ink are irregular; whatever repeats every few pixels in many places of a picture was made
by a machine that draws in dots. Only what the lens still resolves can be seen.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.lib.stride_tricks import sliding_window_view
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
_OVER_MANY = 5.0  # no tile, such as one with the edge of a shadow in it, drowns all the others
_LOCAL = 4  # cycles to each side
_JPEG_CYCLES = 8  # blocks of 8 pixels, of 16 in colour: their frequencies are multiples of this


class Raster(Struct, frozen=True):
    """The fine wave that stands out most.

    Args:
        seen: whether it runs through many tiles.
        across: power of the wave at right angles to it, as a share of its own. Round dots in
            square rows have 1; pixels made of three stripes, with a gap below them, less.
    """

    seen: bool
    across: float


def has_raster(tiles: Sequence[Gray], least_cycles: int = LEAST_CYCLES) -> bool | None:
    """Tell whether `raster` sees one; None: too few tiles."""
    found = raster(tiles, least_cycles)
    return None if found is None else found.seen


def raster(tiles: Sequence[Gray], least_cycles: int = LEAST_CYCLES) -> Raster | None:
    """Look for the same fine wave in square tiles of TILE_PX; None: too few.

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
    most = _OVER_MANY * np.quantile(powers, 1 - _LEAST_VOICES, axis=0)
    total = np.minimum(powers, most).sum(axis=0, dtype=np.float64)
    usual = _usual(total)
    counted = _counted(least_cycles)
    standing = np.where(counted, total / usual, 0.0)
    y, x = (int(at) for at in np.unravel_index(int(standing.argmax()), standing.shape))
    # What is too slow to count must not speak for its neighbour: it is in every shaded tile.
    near = _around(np.where(counted, powers, 0.0), y, x).max(axis=(1, 2))
    voices = near > _VOICE * float(usual[y, x]) / len(tiles)
    stands_out = float(standing[y, x]) > _STANDS_OUT
    across = float(_around(standing[None], x, -y).max())
    return Raster(
        stands_out and float(voices.mean()) >= _LEAST_VOICES,
        across / max(float(standing[y, x]), 1e-12),
    )


def _around(spectra: NDArray[np.float64], y: int, x: int) -> NDArray[np.float64]:
    """What lies within _NEAR of one frequency in each of several spectra."""
    moved = np.roll(spectra, (_NEAR - y, _NEAR - x), axis=(1, 2))
    return moved[:, : 2 * _NEAR + 1, : 2 * _NEAR + 1]


def _usual(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median power at each frequency's distance from zero, or around it where that is more: a
    coarse JPEG keeps some waves of its blocks and drops others, each as wide as 8 cycles. The axes
    are their own class, because edges of blocks raise them."""
    radius, on_axis = _geometry()
    usual = np.ones_like(power)
    for axis in (False, True):
        for ring in range(LEAST_CYCLES, TILE_PX):
            at = (radius == ring if not axis else abs(radius - ring) <= 3) & (on_axis == axis)
            if at.any():
                here = at if not axis else at & (radius == ring)
                usual[here] = max(float(np.median(power[at])), 1e-12)
    return np.maximum(usual, _local(power))


def _local(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median power around each frequency, over more than a slanting wave takes."""
    padded = np.pad(power.astype(np.float32), _LOCAL, mode="wrap")
    windows = sliding_window_view(padded, (2 * _LOCAL + 1, 2 * _LOCAL + 1))
    return np.asarray(np.median(windows, axis=(2, 3)), np.float64)


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
