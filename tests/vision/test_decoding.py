"""Bytes to pixels: what is refused, and that it is refused before anything is decoded."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest

from sim.camera_bombs import Bomb, bomb
from vision.decoding import MAX_BYTES, declared_size, decode, decode_drawing
from vision.errors import ImageRefusedError


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG with that header, one IDAT chunk of `body` and its end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int) -> bytes:
    grey = np.full((height, width, 3), 120, np.uint8)
    return cv2.imencode(".jpg", grey)[1].tobytes()


def declaring(data: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its start-of-frame."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def test_png_that_declares_900_megapixels_is_refused_without_memory() -> None:
    bomb = png(30_000, 30_000, zlib.compress(bytes(30_001 * 3_600), 9))
    tracemalloc.start()

    with pytest.raises(ImageRefusedError, match="30000 x 30000 declared"):
        decode(bomb)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(bomb) > 100_000
    assert peak < 1_000_000


def test_jpeg_that_declares_too_many_pixels_is_refused() -> None:
    with pytest.raises(ImageRefusedError, match="60000 x 60000 declared"):
        decode(declaring(jpeg(64, 48), 60_000, 60_000))


def test_file_over_25_megabytes_is_refused() -> None:
    with pytest.raises(ImageRefusedError, match=f"at most {MAX_BYTES} bytes"):
        decode(jpeg(64, 48) + bytes(MAX_BYTES))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(40),
        b"BM" + bytes(60),
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x04ab\x00\x00" + bytes(20),
        b"\x89PNG\r\n\x1a\n" + bytes(30),
        png(0, 10),
        png(10, 10, b"no deflate stream"),
        declaring(jpeg(64, 48), 64, 0),
    ],
    ids=[
        "empty",
        "gif",
        "webp",
        "bmp",
        "jpeg-start-only",
        "jpeg-no-marker",
        "png-no-header",
        "png-no-width",
        "png-damaged",
        "jpeg-no-height",
    ],
)
def test_what_is_no_whole_jpeg_or_png_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefusedError):
        decode(data)


def test_half_a_jpeg_is_refused_instead_of_shown_grey() -> None:
    whole = jpeg(640, 480)

    with pytest.raises(ImageRefusedError, match="a cut after"):
        decode(whole[: len(whole) // 2])


def test_jpeg_of_many_scans_is_refused_before_any_is_looked_at() -> None:
    with pytest.raises(ImageRefusedError, match="at most 64 scans"):
        decode(bomb(Bomb.SCANS, b""))


def test_progressive_jpeg_of_a_camera_decodes() -> None:
    picture = np.full((48, 64, 3), 120, np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])

    assert decode(data.tobytes()).shape == (48, 64, 3)


def test_jpeg_cut_off_with_a_forged_end_is_refused() -> None:
    grain = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    whole = cv2.imencode(".jpg", grain)[1].tobytes()

    with pytest.raises(ImageRefusedError, match="grey where data are missing"):
        decode(bomb(Bomb.CUT_ENDED, whole))


@pytest.mark.parametrize("kind", [one for one in Bomb if one not in (Bomb.SCANS, Bomb.CUT_ENDED)])
def test_every_kind_of_bytes_that_are_no_photo_is_refused(kind: Bomb) -> None:
    with pytest.raises(ImageRefusedError):
        decode(bomb(kind, jpeg(640, 480)))


def test_declared_size_is_width_then_height() -> None:
    assert declared_size(jpeg(64, 48)) == (64, 48)
    assert declared_size(png(64, 48)) == (64, 48)


def test_good_jpeg_decodes_to_its_pixels() -> None:
    picture = decode(jpeg(64, 48))

    assert picture.shape == (48, 64, 3)
    assert abs(int(picture.mean()) - 120) <= 1


def test_transparent_part_of_a_drawing_is_white_paper() -> None:
    drawing = np.zeros((20, 20, 4), np.uint8)
    drawing[5:10, 5:10] = (46, 38, 205, 255)
    data = cv2.imencode(".png", drawing)[1].tobytes()

    seen = decode_drawing(data)

    assert seen[0, 0].tolist() == [255, 255, 255]
    assert seen[7, 7].tolist() == [46, 38, 205]
