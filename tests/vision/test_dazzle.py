"""Where a reflection lies on a page, and what is no reflection."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sim.render import HEIGHT_PX, WIDTH_PX, page_image
from vision.dazzle import RIM, VEIL, dazzled
from vision.decoding import Image

SPOT = (600, 700)


def lit(light: np.ndarray, veil: np.ndarray | float = 0.0) -> Image:
    """A printed page under a light, 1 for white paper at 255, and a veil in grey levels."""
    seen = page_image(7, 0) * light[..., None].astype(np.float32)
    return np.clip(seen + (veil if isinstance(veil, float) else veil[..., None]), 0, 255).astype(
        np.uint8
    )


def spot(most: float, radius_px: float) -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    off = np.hypot(x - SPOT[0], y - SPOT[1])
    return most * np.clip(1.5 - off / radius_px, 0, 1)


def across(low: float, high: float) -> np.ndarray:
    return np.tile(np.linspace(low, high, WIDTH_PX, dtype=np.float32), (HEIGHT_PX, 1))


@pytest.mark.parametrize("paper", [0.3, 0.6, 0.85])
@pytest.mark.parametrize("radius_px", [60.0, 180.0])
def test_reflection_is_a_veil_with_a_rim(paper: float, radius_px: float) -> None:
    found = dazzled(lit(across(paper, paper), spot(200.0, radius_px)))

    assert found[SPOT[1], SPOT[0]] >= VEIL
    assert (found == RIM).any() == (paper < 0.8), "on bright paper it clips before it is steep"
    assert float((found > 0).mean()) < 0.2


def test_lamp_at_one_side_is_no_reflection() -> None:
    assert not dazzled(lit(across(0.35, 0.9))).any()


def test_edge_of_a_broad_shadow_is_no_rim() -> None:
    light = np.where(across(0, 1) < 0.4, 0.5, 0.8).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 30))

    assert not (dazzled(lit(soft)) == RIM).any()


def test_whiter_strip_of_paper_is_no_reflection() -> None:
    light = across(0.8, 0.8)
    light[600:700, 200:900] = 0.88

    assert not dazzled(lit(light)).any()


def test_scan_with_white_paper_has_no_reflection() -> None:
    assert not dazzled(lit(across(1.0, 1.0))).any()
