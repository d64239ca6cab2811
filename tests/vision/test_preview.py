"""The small picture for the clerk's screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.render import page_image
from vision.decoding import Image, decode
from vision.preview import PREVIEW_BYTES, preview
from vision.quality import judge

Photograph = Callable[..., Image]


def test_preview_shows_the_papers_outline_in_under_40_kb(photograph: Photograph) -> None:
    photo = photograph(page_image(7, 2))

    small = preview(photo, judge(photo))

    assert len(small) <= PREVIEW_BYTES
    picture = decode(small).astype(int)
    assert picture.shape == (640, 480, 3)
    green = picture[..., 1] - np.maximum(picture[..., 0], picture[..., 2])
    assert (green > 40).sum() > 1000


@pytest.mark.parametrize("seed", [1, 2])
def test_preview_of_pure_noise_still_fits(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (1600, 1200, 3), dtype=np.uint8)

    assert len(preview(noise, judge(noise))) <= PREVIEW_BYTES
