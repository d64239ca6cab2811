"""The least and the most channel of each pixel are what numpy says they are."""

from __future__ import annotations

import numpy as np
import pytest

from vision.channels import least, most
from vision.page import tile_ranges


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_least_and_most_are_those_of_numpy(kind: type) -> None:
    picture = np.random.default_rng(1).uniform(0, 255, (5, 7, 3)).astype(kind)

    assert np.array_equal(least(picture), picture.min(axis=2))
    assert np.array_equal(most(picture[..., :2]), picture[..., :2].max(axis=2))


def test_tiles_that_are_not_full_are_left_out() -> None:
    gray = np.random.default_rng(1).integers(0, 256, (9, 14), np.uint8)

    dark, bright = tile_ranges(gray, 4)

    tiles = [[gray[y : y + 4, x : x + 4] for x in (0, 4, 8)] for y in (0, 4)]
    assert dark.tolist() == [[tile.min() for tile in row] for row in tiles]
    assert bright.tolist() == [[tile.max() for tile in row] for row in tiles]
