"""Builders: photos of rendered papers as the simulated camera takes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim import camera_view
from sim.camera_film import Film
from sim.render import Picture
from vision.decoding import Image, decode

MACHINE = 3  # seed of tray, lamp and lens

Photograph = Callable[..., Image]


@pytest.fixture(scope="session")
def photograph() -> Photograph:
    """photograph(page, sheet=1, light=True): a photo; `sheet` decides how the page was laid."""

    def take(page: Picture | None, sheet: int = 1, light: bool = True) -> Image:
        scene = camera_view.view(page, camera_view.laying(sheet), light=light, seed=MACHINE)
        return decode(Film(scene, sheet).frame())

    return take
