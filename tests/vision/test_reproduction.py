"""Pressed, printed, dotted and copied seals; screens: each with the nearest case beside it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sim.camera_copies import dotted, on_screen, with_printed_seal
from sim.camera_scenes import Sheet, pressed
from sim.render import Picture, blank_page
from vision.decoding import Image
from vision.page import Page
from vision.reproduction import Impression, Origin, impression, origin

SEED = 11
CUT = slice(617, 1137), slice(360, 880)  # the middle of an A4 page, a seal and its paper

Camera = Callable[[Picture], Image]


@pytest.fixture
def camera() -> Camera:
    """Sees a piece of a page a little larger, soft, with noise, as JPEG."""
    rng = np.random.default_rng(SEED)

    def see(page: Picture) -> Image:
        seen = cv2.resize(page, (712, 712), interpolation=cv2.INTER_AREA).astype(np.float32)
        seen = cv2.GaussianBlur(seen, (0, 0), 0.8) + rng.normal(0, 2.5, seen.shape)
        _, jpeg = cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8))
        return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)

    return see


def whole(image: Image) -> Page:
    height, width = image.shape[:2]
    return Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)


def stamped() -> Picture:
    piece = blank_page()[CUT].copy()
    return pressed(Sheet(piece), np.random.default_rng(SEED), x=0.5, y=0.5).page


def test_pressed_seal_is_ink_on_paper(camera: Camera) -> None:
    photo = camera(stamped())

    assert impression(photo, whole(photo)) is Impression.INK
    assert origin(photo, whole(photo)) is Origin.PAPER


@pytest.mark.parametrize("dots_per_inch", [None, 50.0])
def test_printed_seal_is_a_print(camera: Camera, dots_per_inch: float | None) -> None:
    page = with_printed_seal(blank_page(), 0.5, 0.5, dots_per_inch).page
    photo = camera(page[CUT])

    assert impression(photo, whole(photo)) is Impression.PRINTED
    assert origin(photo, whole(photo)) is Origin.PRINT


def test_grey_copy_of_a_pressed_seal_is_a_print(camera: Camera) -> None:
    grey = cv2.cvtColor(stamped(), cv2.COLOR_BGR2GRAY)
    photo = camera(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8))

    assert impression(photo, whole(photo)) is Impression.PRINTED


def test_pressed_seal_on_a_screen_is_a_screen(camera: Camera) -> None:
    shown = on_screen(stamped(), np.random.default_rng(SEED), (430, 430))
    photo = camera(shown)

    assert origin(photo, whole(photo)) is Origin.SCREEN


def test_seal_on_a_screen_is_neither_ink_nor_printed(camera: Camera) -> None:
    photo = camera(on_screen(stamped(), np.random.default_rng(SEED), (430, 430)))

    assert impression(photo, whole(photo)) is None


def test_pressed_seal_on_a_printed_photo_is_a_print(camera: Camera) -> None:
    tinted = np.asarray(stamped() * 0.93, np.uint8)
    photo = camera(dotted(cv2.resize(tinted, None, fx=3, fy=3), 3 * 2.5))

    assert impression(photo, whole(photo)) is Impression.PRINTED
    assert origin(photo, whole(photo)) is Origin.PRINT


def test_bare_page_has_no_seal_and_no_provable_origin(camera: Camera) -> None:
    photo = camera(blank_page()[CUT])

    assert impression(photo, whole(photo)) is Impression.NONE
    assert origin(photo, whole(photo)) is None


def test_seal_too_small_to_judge_is_not_judged(camera: Camera) -> None:
    photo = cv2.resize(camera(stamped()), (250, 250), interpolation=cv2.INTER_AREA)

    assert impression(np.asarray(photo, np.uint8), whole(photo)) is None
