"""Bytes to pixels, only after the declared size is known to be sane.

A file of 109 KB can declare 30000 x 30000 pixels and take 5 GB to decode, so the header is read
by hand first. JPEG and PNG only: every further format is a further parser to attack.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ImageRefusedError

Image = NDArray[np.uint8]  # height x width x 3; blue, green, red

MAX_BYTES = 25_000_000
MAX_PIXELS = 24_000_000
# A camera's progressive JPEG has about 10; each scan visits every pixel, and 3000 empty ones, in
# 250 KB, took 86 s.
MAX_SCANS = 64

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KIND, _PNG_ALPHA = 25, frozenset({3, 4, 6})  # colour type: palette, grey or colour with alpha
_JPEG = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
# Start-of-frame markers; c4, c8 and cc lie in their range and mean other things.
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = b"\xff\xda"  # within a scan's data a byte ff is always followed by 00 or a restart
_GREY, _TAIL_PX = 128, 8  # what a decoder paints where data are missing; a row of blocks
_STANDALONE = frozenset(range(0xD0, 0xDA)) | {0x01}


def decode(data: bytes) -> Image:
    """Return the picture in `data`, turned upright as its EXIF orientation says.

    Raises:
        ImageRefusedError: not JPEG or PNG, too large (declared or in bytes), too many scans, cut
            off or damaged.
    """
    width, height = declared_size(data)
    if width * height > MAX_PIXELS:
        raise ImageRefusedError(f"at most {MAX_PIXELS} pixels", f"{width} x {height} declared")
    if data.startswith(_JPEG) and (scans := data.count(_START_OF_SCAN)) > MAX_SCANS:
        raise ImageRefusedError(f"at most {MAX_SCANS} scans", f"{scans}")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ImageRefusedError("a whole picture", "damaged data")
    if sorted(picture.shape[:2]) != sorted((width, height)):
        raise ImageRefusedError(f"{width} x {height} as declared", f"shape {picture.shape[:2]}")
    if data.startswith(_JPEG) and _ends_grey(np.asarray(picture, np.uint8)):
        raise ImageRefusedError("a JPEG with all its rows", "grey where data are missing")
    return np.asarray(picture, np.uint8)


def decode_drawing(data: bytes) -> Image:
    """Return the picture in `data` like `decode`, what is transparent in a PNG as white paper.

    Raises:
        ImageRefusedError: as `decode`.
    """
    picture = decode(data)
    if not data.startswith(_PNG) or data[_PNG_KIND] not in _PNG_ALPHA:
        return picture
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if seen is None or seen.ndim != 3 or seen.shape[2] != 4 or seen.dtype != np.uint8:
        return picture
    cover = seen[..., 3:].astype(np.float32) / 255
    return np.asarray(seen[..., :3] * cover + 255 * (1 - cover), np.uint8)


def encode_drawing(picture: Image) -> bytes:
    """Return a picture as PNG, which loses nothing."""
    return cv2.imencode(".png", picture)[1].tobytes()


def declared_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the header of `data` declares them.

    Raises:
        ImageRefusedError: not JPEG or PNG, too many bytes, cut off, or a size of 0.
    """
    if len(data) > MAX_BYTES:
        raise ImageRefusedError(f"at most {MAX_BYTES} bytes", f"{len(data)} bytes")
    if data.startswith(_PNG):
        width, height = _png_size(data)
    elif data.startswith(_JPEG):
        width, height = _jpeg_size(data)
    else:
        raise ImageRefusedError("JPEG or PNG", f"bytes that begin with {data[:8].hex() or 'none'}")
    if width == 0 or height == 0:
        raise ImageRefusedError("a size over 0", f"{width} x {height} declared")
    return width, height


def _ends_grey(picture: Image) -> bool:
    """Whether the last rows, as the file has them, were never told: no lens gives one exact grey.

    The picture may have been turned upright, so its last rows may be at any side.
    """
    sides = (picture[-_TAIL_PX:], picture[:_TAIL_PX], picture[:, -_TAIL_PX:], picture[:, :_TAIL_PX])
    return any(bool((side == _GREY).all()) for side in sides)


def _png_size(data: bytes) -> tuple[int, int]:
    if data[8:16] != b"\x00\x00\x00\x0dIHDR" or len(data) < 33:
        raise ImageRefusedError("a PNG that begins with IHDR", f"{data[8:16].hex()}")
    if b"IEND" not in data[-64:]:
        raise ImageRefusedError("a PNG that ends with IEND", f"a cut after {len(data)} bytes")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            raise ImageRefusedError("a JPEG marker", f"{data[at]:02x} at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _STANDALONE:
            at += 2
        elif marker in _START_OF_FRAME:
            if data.rfind(_JPEG_END) < at:
                raise ImageRefusedError("a JPEG with its end", f"a cut after {len(data)} bytes")
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            return int.from_bytes(data[at + 7 : at + 9], "big"), height
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ImageRefusedError("a JPEG that declares its size", f"none in {len(data)} bytes")
