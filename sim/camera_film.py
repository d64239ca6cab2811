"""Live JPEG frames of a still scene at almost no cost: no two alike, as from a real sensor.

A scene is encoded a few times with different sensor noise and a restart marker after each row
of blocks. Rows of one frame number can be exchanged between encodings without decoding, so a
frame is any of VARIANTS ** rows combinations, joined as bytes.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

from sim.render import Picture

VARIANTS = 4
QUALITY = 88
NOISE_SIGMA = 2.2  # grey levels, a small sensor under a work lamp
COLOUR_NOISE_SIGMA = 1.5  # likewise, blotches of two pixels as interpolated colour has them

_BLOCK_PX = 16  # width and height of one coded unit with 4:2:0 colour
_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"


class Film:
    """Gives frames of one scene. Not thread-safe: its caller owns it."""

    def __init__(self, scene: Picture, seed: int, exposure: int = 0) -> None:
        """Encode `scene`; takes about 0.2 s for two megapixels.

        Args:
            exposure: another one gives other frames of the same scene.
        """
        rng = np.random.default_rng(seed)
        self._rng = random.Random(f"{seed}:{exposure}")
        encoded = [_rows(_encode(_noisy(scene, rng))) for _ in range(VARIANTS)]
        self._head = encoded[0][0]
        self._rows = list(zip(*(rows for _, rows in encoded), strict=True))

    def frame(self) -> bytes:
        """Return the next JPEG; it differs from every other one but by a vanishing chance."""
        return self._head + b"".join(self._rng.choice(row) for row in self._rows) + _END


def _noisy(scene: Picture, rng: np.random.Generator) -> Picture:
    noise = rng.standard_normal(scene.shape[:2], np.float32) * NOISE_SIGMA
    fine = cv2.GaussianBlur(noise, (0, 0), 0.6) * 1.6
    height, width = scene.shape[:2]
    coarse = rng.standard_normal((height // 2, width // 2, 3), np.float32) * COLOUR_NOISE_SIGMA
    colour = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(scene + fine[..., None] + colour, 0, 255), np.uint8)


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
