"""Builders: photos of rendered papers as the simulated camera takes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from hashlib import blake2b

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageDraw

from sim import camera_view
from sim.camera_film import snapshot
from sim.render import DPI, Mask, Picture
from sim.typeface import typeface
from vision.decoding import Image, decode

MACHINE = 3  # seed of tray, lamp and lens

Photograph = Callable[..., Image]


@pytest.fixture(scope="session")
def photograph() -> Photograph:
    """photograph(page, sheet=1, light=True): a photo; `sheet` decides how the page was laid."""

    jpegs: dict[tuple[bytes, int, bool], bytes] = {}  # one page is photographed in many tests

    def take(page: Picture | None, sheet: int = 1, light: bool = True) -> Image:
        key = (b"" if page is None else blake2b(page.tobytes()).digest(), sheet, light)
        if key not in jpegs:
            scene = camera_view.view(page, camera_view.laying(sheet), light=light, seed=MACHINE)
            jpegs[key] = snapshot(scene, sheet)
        return decode(jpegs[key])

    return take


@pytest.fixture(scope="session")
def oval_seal() -> Mask:
    """The ink of an oval seal, 45 x 30 mm at the scale of rendered pages."""
    size = (round(45 / 25.4 * DPI), round(30 / 25.4 * DPI))
    shape = PillowImage.new("L", size)
    draw = ImageDraw.Draw(shape)
    draw.ellipse((1, 1, size[0] - 2, size[1] - 2), None, 255, 6)
    words = "青石镇柳树沟村"
    for i, word in enumerate(words):
        angle = math.radians(-100 + 200 * i / (len(words) - 1))
        place = (size[0] * (0.5 + 0.37 * math.sin(angle)), size[1] * (0.5 - 0.34 * math.cos(angle)))
        draw.text(place, word, 255, typeface(30, word), "mm")
    draw.text((size[0] / 2, size[1] * 0.62), "发票专用章", 255, typeface(28, words), "mm")
    return np.asarray(shape, np.float32) / 255 * 0.9


@pytest.fixture(scope="session")
def square_seal() -> Mask:
    """The ink of a name seal, 20 x 20 mm at the scale of rendered pages."""
    side = round(20 / 25.4 * DPI)
    shape = PillowImage.new("L", (side, side))
    draw = ImageDraw.Draw(shape)
    draw.rectangle((1, 1, side - 2, side - 2), None, 255, 6)
    for i, word in enumerate("李庆国印"):
        place = (side * (0.7 - 0.4 * (i // 2)), side * (0.3 + 0.4 * (i % 2)))
        draw.text(place, word, 255, typeface(46, word), "mm", stroke_width=1)
    return np.asarray(shape, np.float32) / 255 * 0.9
