"""Smaller copies keep their proportions and every pixel's share."""

from __future__ import annotations

import numpy as np
import pytest

from vision.shrinking import shrunk


@pytest.mark.parametrize("shape", [(2560, 1920, 3), (1601, 1201, 3), (700, 3000, 3)])
def test_copy_has_the_longest_side_asked_for(shape: tuple[int, ...]) -> None:
    small, scale = shrunk(np.zeros(shape, np.uint8), 640)

    assert max(small.shape) == 640
    assert scale == pytest.approx(640 / max(shape))
    assert small.shape[0] / small.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.01)


def test_small_picture_is_not_made_larger() -> None:
    picture = np.zeros((300, 200, 3), np.uint8)

    assert shrunk(picture, 640) == (picture, 1.0)


def test_single_dark_pixels_are_averaged_not_skipped() -> None:
    picture = np.full((2560, 1920, 3), 255, np.uint8)
    picture[::4, ::4] = 0

    small, _ = shrunk(picture, 640)

    assert float(small.mean()) == pytest.approx(255 * 15 / 16, abs=2)
