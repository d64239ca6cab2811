"""Grids among noise: found where they are, not where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from vision.page import Gray
from vision.rasters import LEAST_TILES, TILE_PX, has_raster, raster

SEED = 5


def noise(count: int) -> list[Gray]:
    rng = np.random.default_rng(SEED)
    return [rng.normal(200, 3, (TILE_PX, TILE_PX)).astype(np.float32) for _ in range(count)]


def wave(period_px: float, angle_deg: float) -> Gray:
    y, x = np.mgrid[:TILE_PX, :TILE_PX].astype(np.float32)
    turn = np.deg2rad(angle_deg)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    return np.asarray(np.sin(2 * np.pi * along / period_px), np.float32)


@pytest.mark.parametrize(("period_px", "angle_deg"), [(2.7, 3), (5.3, 45), (11.0, 100), (3.1, 0)])
def test_faint_wave_in_noise_is_a_raster(period_px: float, angle_deg: float) -> None:
    tiles = [tile + wave(period_px, angle_deg) for tile in noise(12)]

    assert has_raster(tiles) is True


def test_noise_alone_is_none() -> None:
    assert has_raster(noise(12)) is False
    assert has_raster(noise(LEAST_TILES)) is False


def test_wave_in_a_few_tiles_is_no_raster() -> None:
    tinted = [tile + 40 * wave(3.1, 45) for tile in noise(3)]

    assert has_raster([*tinted, *noise(12)]) is False


def test_blocks_of_a_jpeg_are_no_raster() -> None:
    y, x = np.mgrid[:TILE_PX, :TILE_PX]
    blocks = (2.0 * ((x % 8 == 0) | (y % 8 == 0))).astype(np.float32)

    assert has_raster([tile + blocks for tile in noise(12)]) is False


def test_light_across_the_page_is_no_raster() -> None:
    y, x = np.mgrid[:TILE_PX, :TILE_PX].astype(np.float32)

    assert has_raster([tile + 0.3 * x - 0.2 * y for tile in noise(12)]) is False


def shaded(tile: Gray) -> Gray:
    """Return a tile with the edge of a shadow in it, soft and slanting."""
    y, x = np.mgrid[:TILE_PX, :TILE_PX].astype(np.float32)
    return np.asarray(tile - 60 / (1 + np.exp(-(0.83 * x + 0.55 * y - 90) / 5)), np.float32)


def test_edges_of_shadows_are_no_raster_and_hide_none() -> None:
    y, x = np.mgrid[:TILE_PX, :TILE_PX].astype(np.float32)
    sloping = [tile + 0.12 * x + 0.08 * y for tile in noise(20)]
    tiles = [shaded(tile) if i < 2 else tile for i, tile in enumerate(sloping)]

    assert has_raster(tiles) is False
    assert has_raster([tile + wave(5.3, 45) for tile in tiles]) is True


def test_dots_are_alike_in_both_directions_and_stripes_are_not() -> None:
    dots = raster([tile + wave(3.1, 45) + wave(3.1, 135) for tile in noise(12)])
    stripes = raster([tile + wave(3.1, 3) + 0.3 * wave(3.1, 93) for tile in noise(12)])

    assert dots is not None and dots.seen and dots.across > 0.7
    assert stripes is not None and stripes.seen and stripes.across < 0.2


def test_too_few_tiles_cannot_be_judged() -> None:
    assert has_raster(noise(LEAST_TILES - 1)) is None
