"""Bytes that are no photo, or one that would take all memory or time: what a decoder must refuse.

Everything is a few hundred kilobytes at most and made here, from a picture or from nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np

_PNG = b"\x89PNG\r\n\x1a\n"
_END_OF_IMAGE, _START_OF_SCAN = b"\xff\xd9", b"\xff\xda"
_BOMB_PX = 30_000  # declared on each side: 2.7 GB once decoded
_SCANS, _SCANS_PX = 3_000, (4_800, 4_800)  # 23 megapixels are let through; each scan visits all


class Bomb(StrEnum):
    """A kind of bytes."""

    PNG_BOMB = "png-30000x30000"
    JPEG_BOMB = "jpeg-65500x65500"
    SCANS = "jpeg-3000-scans"
    PNG_EMPTY = "png-0x0"
    JPEG_EMPTY = "jpeg-0x0"
    CUT = "jpeg-cut"
    CUT_ENDED = "jpeg-cut-end-forged"
    PNG_CUT = "png-cut"
    NOTHING = "no-bytes"
    TEXT = "text"


def bomb(kind: Bomb, jpeg: bytes) -> bytes:
    """Return bytes of this kind; those that are cut are made from the photo `jpeg`."""
    cut = jpeg[: 2 * len(jpeg) // 3]
    made: dict[Bomb, Callable[[], bytes]] = {
        Bomb.PNG_BOMB: lambda: _png(_BOMB_PX, _BOMB_PX),
        Bomb.JPEG_BOMB: lambda: _resized(jpeg, 65_500),
        Bomb.SCANS: _many_scans,
        Bomb.PNG_EMPTY: lambda: _png(0, 0),
        Bomb.JPEG_EMPTY: lambda: _resized(jpeg, 0),
        Bomb.CUT: lambda: cut,
        Bomb.CUT_ENDED: lambda: cut + _END_OF_IMAGE,
        Bomb.PNG_CUT: lambda: _cut_png(jpeg),
        Bomb.NOTHING: lambda: b"",
        Bomb.TEXT: lambda: b"<html>the camera is busy</html>",
    }
    return made[kind]()


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")


def _png(width: int, height: int) -> bytes:
    """Rows of zeros as declared, or as many as a few hundred kilobytes hold."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    rows = b"".join(packer.compress(row) for _ in range(min(height, 2_000))) + packer.flush()
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _resized(jpeg: bytes, side: int) -> bytes:
    """Declare another size in the frame header of a baseline JPEG."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + side.to_bytes(2, "big") * 2 + jpeg[at + 4 :]


def _many_scans() -> bytes:
    """A progressive JPEG whose last scan, which changes nothing, comes again and again."""
    picture = np.full((*_SCANS_PX, 3), 200, np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    jpeg = data.tobytes()
    end, last = jpeg.rindex(_END_OF_IMAGE), jpeg.rindex(_START_OF_SCAN)
    return jpeg[:end] + jpeg[last:end] * _SCANS + _END_OF_IMAGE


def _cut_png(jpeg: bytes) -> bytes:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
    assert picture is not None, "a photo of this program's own"
    _, data = cv2.imencode(".png", picture)
    whole = data.tobytes()
    return whole[: len(whole) // 2] + _chunk(b"IEND", b"")
