"""What was stamped between two photos: counted, recognised, and told from all that was there."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from sim import camera_view
from sim.camera_ink import Fault
from sim.camera_scenes import Sheet
from sim.camera_scenes import pressed as press
from sim.render import Picture, impression, page_image, stamped
from vision.decoding import Image, decode
from vision.new_seals import MASK_PX, NewSeals, new_seals, newly_red, seals_still_there
from vision.seal_state import State

Photograph = Callable[..., Image]


def pressed(page: Picture, x: float, y: float, strength: float = 1.0, seed: int = 1) -> Picture:
    return stamped(page, impression(seed=seed, strength=strength), x, y, 5.0)


def nothing(seen: NewSeals) -> bool:
    return seen.count == 0 and not seen.faint


@pytest.mark.parametrize("n", range(3))
def test_one_impression_is_one_whole_new_seal(photograph: Photograph, n: int) -> None:
    page = page_image(7, n)

    seen = new_seals(photograph(page, 1), photograph(pressed(page, 0.65, 0.5), 1))

    assert (len(seen.seals), seen.others) == (1, ())
    assert seen.seals[0].state is State.COMPLETE
    assert not seen.faint


def test_impression_on_a_page_that_was_moved_is_one(photograph: Photograph) -> None:
    page = page_image(7, 0)

    seen = new_seals(photograph(page, 1), photograph(pressed(page, 0.65, 0.5), 4))

    assert seen.count == 1
    assert seen.aligned


@pytest.mark.parametrize("n", range(3))
def test_nothing_is_new_when_nothing_was_pressed(photograph: Photograph, n: int) -> None:
    page = page_image(7, n)  # some of them with a red letterhead

    assert nothing(new_seals(photograph(page, 1), photograph(page, 2)))


def test_earlier_impression_is_not_new(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    assert nothing(new_seals(photograph(page, 1), photograph(page, 2)))


def test_impression_beside_an_earlier_one_is_new(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    seen = new_seals(photograph(page, 1), photograph(pressed(page, 0.3, 0.75, seed=2), 1))

    assert seen.count == 1
    x, _, width, _ = seen.seals[0].box
    assert x + width / 2 < camera_view.VIEW_WIDTH_PX / 2


def test_impression_struck_over_an_earlier_one_is_new(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    seen = new_seals(photograph(page, 1), photograph(pressed(page, 0.69, 0.52, seed=2), 1))

    assert seen.count == 1


def test_two_impressions_at_once_are_counted_as_two(photograph: Photograph) -> None:
    page = page_image(7, 0)
    twice = pressed(pressed(page, 0.65, 0.5), 0.3, 0.75, seed=2)

    assert new_seals(photograph(page, 1), photograph(twice, 1)).count == 2


@pytest.mark.parametrize(("strength", "faint"), [(1.0, False), (0.8, False), (0.35, True)])
def test_pale_impression_is_found_and_called_faint(
    photograph: Photograph, strength: float, faint: bool
) -> None:
    page = page_image(7, 0)

    seen = new_seals(photograph(page, 1), photograph(pressed(page, 0.65, 0.5, strength), 1))

    assert seen.count == 1
    assert seen.faint is faint


@pytest.mark.parametrize("fault", [Fault.HALF, Fault.DRY, Fault.WIPED, Fault.TWICE])
def test_spoiled_impression_is_one_and_not_called_whole(
    photograph: Photograph, fault: Fault
) -> None:
    bare = Sheet(page_image(7, 1))
    spoiled = press(bare, np.random.default_rng(5), x=0.6, y=0.72, fault=fault)

    seen = new_seals(photograph(bare.page, 1), photograph(spoiled.page, 1))

    assert seen.count == 1
    assert all(seal.state is not State.COMPLETE for seal in seen.seals)


def test_brown_finger_at_the_side_is_no_impression(photograph: Photograph) -> None:
    page = page_image(7, 0)
    held = page.copy()
    held[900:1050, -260:-60] = (118, 152, 205)

    assert new_seals(photograph(page, 1), photograph(held, 1)).count == 0


def test_seals_of_the_same_sheet_are_still_there(photograph: Photograph) -> None:
    page = pressed(page_image(7, 0), 0.65, 0.5)

    again = photograph(pressed(page, 0.3, 0.75, seed=2), 5, light=False)

    assert seals_still_there(photograph(page, 1), again) is True


def test_seal_of_another_copy_is_elsewhere(photograph: Photograph) -> None:
    page = page_image(7, 0)
    one, other = pressed(page, 0.65, 0.5), pressed(page, 0.6, 0.54, seed=2)

    assert seals_still_there(photograph(one, 1), photograph(other, 2)) is False


def test_without_a_seal_nothing_can_be_still_there(photograph: Photograph) -> None:
    page = page_image(7, 0)

    assert seals_still_there(photograph(page, 1), photograph(page, 2)) is None


@pytest.mark.parametrize("name", ["committee_letter_photo.png", "redhead_enshi.png"])
def test_impression_on_a_real_page_that_has_a_seal_is_found_once(
    pictures: Path, photograph: Photograph, name: str
) -> None:
    page = camera_view.fitted(decode((pictures / name).read_bytes()))
    before = photograph(page, 1)

    assert nothing(new_seals(before, photograph(page, 2)))
    assert new_seals(before, photograph(pressed(page, 0.25, 0.7), 2)).count == 1


def test_new_ink_is_shown_where_it_is_in_the_later_photo(photograph: Photograph) -> None:
    page = page_image(7, 0)
    stamped_before = pressed(page, 0.3, 0.3, seed=2)
    after = photograph(pressed(stamped_before, 0.65, 0.5), 4)
    (new,) = new_seals(photograph(stamped_before, 1), after).seals

    png = newly_red(photograph(stamped_before, 1), after)

    assert png is not None
    mask = np.asarray(PillowImage.open(io.BytesIO(png)))
    assert max(mask.shape) == MASK_PX
    rows, columns = np.nonzero(mask)
    per_px = after.shape[0] / mask.shape[0]
    x, y, width, height = new.box
    assert columns.min() * per_px > x - 9 and columns.max() * per_px < x + width + 9
    assert rows.min() * per_px > y - 9 and rows.max() * per_px < y + height + 9
    assert mask.any()


def test_photos_of_other_pages_show_no_new_ink(photograph: Photograph) -> None:
    blank = np.full((400, 300, 3), 240, np.uint8)

    assert newly_red(blank, photograph(page_image(7, 0), 1)) is None
