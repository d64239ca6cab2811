"""Live JPEG frames of a still scene at almost no cost: no two alike, as from a real sensor.

A scene is encoded a few times with different sensor noise and a restart marker after each row
of blocks. Rows of one frame number can be exchanged between encodings without decoding, so a
frame is any of VARIANTS ** rows combinations, joined as bytes.
"""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.render import Picture

VARIANTS = 4
QUALITY = 88
NOISE_SIGMA = 2.2  # grey levels, a small sensor under a work lamp
COLOUR_NOISE_SIGMA = 1.5  # likewise, blotches of two pixels as interpolated colour has them

# What is added to a whole number of grey levels and cut off may be rounded first, but so close to
# a whole number that 32 bits cannot tell on which side of it the sum lies.
_UNSURE = 1e-4

_Noise = tuple[NDArray[np.float32], NDArray[np.float32]]
_BLOCK_PX = 16  # width and height of one coded unit with 4:2:0 colour
_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"


class _Grain(NamedTuple):
    """A variant's noise in whole grey levels, and all of it where the levels alone might be wrong.

    Args:
        levels: for each channel of each pixel, rounded down.
        unsure: flat places of those too close to a whole number; `fine` and `colour` are theirs.
    """

    levels: NDArray[np.int8]
    unsure: NDArray[np.intp]
    fine: NDArray[np.float32]
    colour: NDArray[np.float32]


class Film:
    """Gives frames of one scene. Not thread-safe: its caller owns it."""

    def __init__(self, scene: Picture, seed: int, exposure: int = 0) -> None:
        """Encode `scene`; takes about 0.2 s for two megapixels, and more for a seed's first one.

        Args:
            exposure: another one gives other frames of the same scene.
        """
        encoded = [_rows(_encode(_grainy(scene, grain))) for grain in _grains(seed, scene.shape)]
        self._head = encoded[0][0]
        self._rows = list(zip(*(rows for _, rows in encoded), strict=True))
        self._seed = seed
        self._rng = random.Random(f"{seed}:{exposure}")

    def again(self, exposure: int) -> Film:
        """Return another exposure of the same scene, at no cost."""
        film = copy.copy(self)
        film._rng = random.Random(f"{self._seed}:{exposure}")
        return film

    def frame(self) -> bytes:
        """Return the next JPEG; it differs from every other one but by a vanishing chance."""
        return self._head + b"".join(self._rng.choice(row) for row in self._rows) + _END


def snapshot(scene: Picture, seed: int, exposure: int = 0) -> bytes:
    """Return the first frame of such a film, the very same bytes, at a third of its cost."""
    rng = random.Random(f"{seed}:{exposure}")
    noises = [_sized(noise) for noise in _noises(seed, scene.shape)]
    mixed = np.empty_like(noises[0][0]), np.empty_like(noises[0][1])
    for top in range(0, scene.shape[0], _BLOCK_PX):
        row = slice(top, top + _BLOCK_PX)
        for part, chosen in zip(mixed, rng.choice(noises), strict=True):
            part[row] = chosen[row]
    return _encode(_noisy(scene, mixed))


@functools.lru_cache(maxsize=4)  # 54 MB for each camera of two megapixels
def _noises(seed: int, shape: tuple[int, ...]) -> tuple[_Noise, ...]:
    return tuple(_made(seed, shape))


@functools.lru_cache(maxsize=4)  # 23 MB for each camera of two megapixels
def _grains(seed: int, shape: tuple[int, ...]) -> tuple[_Grain, ...]:
    return tuple(_grain(*_sized(noise)) for noise in _made(seed, shape))


def _grain(fine: NDArray[np.float32], colour: NDArray[np.float32]) -> _Grain:
    noise = np.asarray(cv2.add(cv2.merge([fine] * 3), colour), np.float32)
    levels = np.floor(noise)
    noise -= levels
    noise -= 0.5
    unsure = np.flatnonzero(np.abs(noise, out=noise) > 0.5 - _UNSURE)
    return _Grain(levels.astype(np.int8), unsure, fine.ravel()[unsure // 3], colour.ravel()[unsure])


def _grainy(scene: Picture, grain: _Grain) -> Picture:
    """Return what `_noisy` does with the noise that this grain was made of, byte by byte."""
    seen = np.asarray(cv2.add(scene, grain.levels, dtype=cv2.CV_8U), np.uint8)
    exact = scene.ravel()[grain.unsure] + grain.fine
    exact += grain.colour
    seen.ravel()[grain.unsure] = np.clip(exact, 0, 255).astype(np.uint8)
    return seen


def _made(seed: int, shape: tuple[int, ...]) -> Iterator[_Noise]:
    """What the sensor adds in each variant: fine noise, and coarse colour at half the size."""
    height, width = shape[:2]
    rng = np.random.default_rng(seed)
    for _ in range(VARIANTS):
        noise = rng.standard_normal((height, width), np.float32) * NOISE_SIGMA
        fine = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.6) * 1.6, np.float32)
        coarse = rng.standard_normal((height // 2, width // 2, 3), np.float32)
        yield fine, coarse * np.float32(COLOUR_NOISE_SIGMA)


def _sized(noise: _Noise) -> _Noise:
    fine, coarse = noise
    size = (fine.shape[1], fine.shape[0])
    colour = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    return fine, np.asarray(colour, np.float32)


def _noisy(scene: Picture, noise: _Noise) -> Picture:
    fine, colour = noise
    seen = cv2.add(scene, cv2.merge([fine] * 3), dtype=cv2.CV_32F)
    cv2.add(seen, colour, dst=seen)
    np.maximum(seen, 0, out=seen)
    return np.minimum(seen, 255, out=seen).astype(np.uint8)


def _encode(picture: Picture) -> bytes:
    units_per_row = -(-picture.shape[1] // _BLOCK_PX)
    settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    settings += [cv2.IMWRITE_JPEG_RST_INTERVAL, units_per_row]
    done, data = cv2.imencode(".jpg", picture, settings)
    if not done:
        raise ValueError(f"expected a picture that JPEG can hold, found shape {picture.shape}")
    return data.tobytes()


def _rows(jpeg: bytes) -> tuple[bytes, list[bytes]]:
    """Split a JPEG into everything before its scan data, and the coded rows with their markers.

    Inside scan data a byte ff is always followed by 00, so ff d0..d7 is a restart marker.
    """
    scan = jpeg.index(_START_OF_SCAN)
    start = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")
    head, rows, at = jpeg[:start], [], start
    while True:
        mark = jpeg.index(b"\xff", at)
        kind = jpeg[mark + 1]
        if 0xD0 <= kind <= 0xD7:
            rows.append(jpeg[start : mark + 2])
            start = mark + 2
        elif kind == _END[1]:
            return head, [*rows, jpeg[start:mark]]
        at = mark + 2
