"""Photos of sheets with one impression, as two persons take them at the machine."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim.camera_hard import conditions
from sim.camera_scenes import Sheet, cut, shot_under
from sim.render import DPI, blank_page, stamped

OWN, ONE_CHARACTER_OFF = "青石镇柳树沟村村民委员会", "青石镇杨树沟村村民委员会"
SIZES_MM = {"round": 42.0, "oval": 42.0, "square": 20.0}
STRENGTH, TURNED_DEG = 0.85, 12.0


@cache
def photo(shape: str, words: str, line: str = "", seed: int = 1, part: float = 1.0) -> bytes:
    """Return the JPEG; no words: a blank sheet; `part`: how much, from the left, was pressed."""
    page = blank_page()
    if words:
        width_px = round(SIZES_MM[shape] / 25.4 * DPI)
        ink = np.asarray(cut(shape, words, line, width_px), np.float32) / 255 * STRENGTH
        ink[:, round(part * width_px) :] = 0
        page = stamped(page, ink, 0.5, 0.4, rotation_deg=TURNED_DEG)
    how = conditions(np.random.default_rng(seed), "normal")
    return shot_under(Sheet(page), how, seed).jpeg
