"""What the press left on the page: found, counted, placed, and how strong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim import camera_view
from sim.render import Picture, impression, page_image, stamped
from vision.decoding import Image, decode
from vision.impression import NOTHING, impression_seen

Photograph = Callable[..., Image]


def pressed(page: Picture, x: float, y: float, strength: float = 1.0, seed: int = 1) -> Picture:
    return stamped(page, impression(seed=seed, strength=strength), x, y, 5.0)


@pytest.mark.parametrize("n", range(5))
def test_one_impression_is_found_where_it_was_pressed(photograph: Photograph, n: int) -> None:
    page = page_image(7, n)

    seen = impression_seen(photograph(page, 1), photograph(pressed(page, 0.65, 0.5), 1))

    assert seen.found
    assert seen.count_hint == 1
    assert not seen.faint
    assert seen.where is not None
    x, y, width, height = seen.where
    assert x + width / 2 == pytest.approx(0.65, abs=0.02)
    assert y + height / 2 == pytest.approx(0.5, abs=0.02)


def test_impression_is_found_on_a_page_that_was_moved(photograph: Photograph) -> None:
    page = page_image(7, 0)

    seen = impression_seen(photograph(page, 1), photograph(pressed(page, 0.65, 0.5), 4))

    assert seen.count_hint == 1


@pytest.mark.parametrize("n", range(5))
def test_nothing_is_found_when_nothing_was_pressed(photograph: Photograph, n: int) -> None:
    page = page_image(7, n)  # some of them with a red letterhead

    assert impression_seen(photograph(page, 1), photograph(page, 2)) == NOTHING


def test_earlier_impression_is_not_new(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    assert impression_seen(photograph(page, 1), photograph(page, 2)) == NOTHING


def test_second_impression_beside_the_first_is_new(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    seen = impression_seen(photograph(page, 1), photograph(pressed(page, 0.3, 0.75, seed=2), 1))

    assert seen.count_hint == 1
    assert seen.where is not None
    assert seen.where[0] + seen.where[2] / 2 == pytest.approx(0.3, abs=0.02)


def test_two_impressions_at_once_are_counted_as_two(photograph: Photograph) -> None:
    page = page_image(7, 0)
    twice = pressed(pressed(page, 0.65, 0.5), 0.3, 0.75, seed=2)

    assert impression_seen(photograph(page, 1), photograph(twice, 1)).count_hint == 2


@pytest.mark.parametrize(("strength", "faint"), [(1.0, False), (0.8, False), (0.35, True)])
def test_pale_impression_is_found_and_called_faint(
    photograph: Photograph, strength: float, faint: bool
) -> None:
    page = page_image(7, 0)

    seen = impression_seen(photograph(page, 1), photograph(pressed(page, 0.65, 0.5, strength), 1))

    assert seen.found
    assert seen.faint is faint


@pytest.mark.parametrize("name", ["committee_letter_photo.png", "redhead_enshi.png"])
def test_impression_on_a_real_page_that_has_a_seal_is_found_once(
    pictures: Path, photograph: Photograph, name: str
) -> None:
    page = camera_view.fitted(decode((pictures / name).read_bytes()))
    before = photograph(page, 1)

    assert impression_seen(before, photograph(page, 2)) == NOTHING
    assert impression_seen(before, photograph(pressed(page, 0.25, 0.7), 2)).count_hint == 1
