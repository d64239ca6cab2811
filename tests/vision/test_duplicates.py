"""One sheet on two occasions, told from another paper and from another copy of the same words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs

from sim.camera_hard import conditions
from sim.camera_scenes import Sheet, shot_under
from sim.render import Picture, impression, page_image, stamped
from vision.decoding import Image, decode
from vision.duplicates import bits_apart, fingerprint, same_sheet

Photograph = Callable[..., Image]


def pressed(page: Picture, x: float, y: float, seed: int) -> Picture:
    return stamped(page, impression(seed=seed), x, y, 20.0 * seed)


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 2])
def test_sheet_that_was_stamped_again_is_the_same(photograph: Photograph, n: int) -> None:
    once = pressed(page_image(7, n), 0.65, 0.7, 1)
    again = pressed(once, 0.3, 0.8, 2)

    assert same_sheet(photograph(once, 1), photograph(again, 2)).same is True
    assert same_sheet(photograph(again, 2), photograph(once, 1)).same is True  # either order


@pytest.mark.parametrize("n", range(2))
def test_paper_of_the_same_template_is_another_sheet(photograph: Photograph, n: int) -> None:
    one = pressed(page_image(7, n), 0.65, 0.7, 1)
    other = pressed(page_image(7, n + 5), 0.65, 0.7, 1)

    assert same_sheet(photograph(one, 1), photograph(other, 2)).same is False


def test_second_copy_of_the_same_words_is_another_sheet(photograph: Photograph) -> None:
    one = pressed(page_image(7, 0), 0.65, 0.7, 1)
    copy = pressed(page_image(7, 0), 0.62, 0.73, 2)

    seen = same_sheet(photograph(one, 1), photograph(copy, 2))

    assert (seen.page.same, seen.seals_there, seen.same) == (True, False, False)


def under_a_lamp(page: Picture, seed: int) -> Image:
    """A photo of a page with a reflection on its upper half."""
    how = conditions(np.random.default_rng(seed), "normal")
    how = structs.replace(how, exposure=0.6, glare=(0.5, 0.3, 0.09))
    return decode(shot_under(Sheet(page), how, seed).jpeg)


@pytest.mark.slow
def test_sheet_with_its_seal_in_place_is_the_same_under_a_reflection() -> None:
    once = pressed(page_image(7, 0), 0.65, 0.7, 1)
    again = pressed(once, 0.3, 0.8, 2)

    seen = same_sheet(under_a_lamp(once, 1), under_a_lamp(again, 2))

    assert (seen.page.same, seen.seals_there, seen.same) == (None, True, True)


@pytest.mark.slow
def test_second_copy_is_another_sheet_under_a_reflection() -> None:
    one = pressed(page_image(7, 0), 0.65, 0.7, 1)
    copy = pressed(page_image(7, 0), 0.62, 0.73, 2)

    seen = same_sheet(under_a_lamp(one, 1), under_a_lamp(copy, 2))

    assert (seen.seals_there, seen.same) == (False, False)


def test_page_before_and_after_its_first_seal_is_one_sheet(photograph: Photograph) -> None:
    page = page_image(7, 2)

    seen = same_sheet(photograph(page, 1), photograph(pressed(page, 0.6, 0.7, 3), 2))

    assert seen.same is True


def test_fingerprint_nominates_the_same_sheet_and_no_other_form(photograph: Photograph) -> None:
    page = page_image(7, 2)
    own = fingerprint(photograph(page, 1))
    again = fingerprint(photograph(pressed(page, 0.6, 0.7, 3), 2))
    other = fingerprint(photograph(page_image(7, 3), 1))

    assert own is not None and again is not None and other is not None
    assert len(own) == 32
    assert bits_apart(own, again) <= 36 < bits_apart(own, other)


def test_bits_apart_counts_each_bit() -> None:
    assert bits_apart(b"\x00\x0f", b"\x80\x0f") == 1
    assert bits_apart(b"\xff\xff", b"\x00\x00") == 16
