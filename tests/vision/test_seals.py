"""Which seals are found, where, and what is no seal however red or round it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.camera_hard import Difficulty
from sim.camera_scenes import sheet, shot
from sim.render import (
    DIAMETER_PX,
    HEIGHT_PX,
    WIDTH_PX,
    Mask,
    blank_page,
    impression,
    page_image,
    stamped,
)
from vision.decoding import Image, decode
from vision.seal_state import State
from vision.seals import Colour, Seal, Shape, find_seals

Photograph = Callable[..., Image]


def centre(seal: Seal) -> tuple[float, float]:
    x, y, width, height = seal.box
    return x + width / 2, y + height / 2


def near(seal: Seal, x: float, y: float, within_px: float = 6.0) -> bool:
    """Whether a seal on a flat page lies at these fractions of it."""
    at = centre(seal)
    return float(np.hypot(at[0] - x * WIDTH_PX, at[1] - y * HEIGHT_PX)) < within_px


@pytest.mark.parametrize("n", range(5))
def test_round_seal_over_print_is_found_in_a_photo(photograph: Photograph, n: int) -> None:
    photo = photograph(stamped(page_image(7, n), impression(seed=n), 0.6, 0.7, 20 * n), n)

    (seal,) = find_seals(photo)

    assert (seal.colour, seal.shape) == (Colour.RED, Shape.ROUND)
    assert seal.box[2] == pytest.approx(42 * 4.84, rel=0.05)  # the camera sees 4.84 px a mm


@pytest.mark.parametrize("n", range(10))
def test_page_without_a_seal_has_none(photograph: Photograph, n: int) -> None:
    assert find_seals(photograph(page_image(7, n), n)) == ()  # some with a red letterhead


def test_two_overlapping_seals_are_two() -> None:
    page = stamped(page_image(7, 0), impression(seed=1), 0.5, 0.6)
    page = stamped(page, impression("青石镇人民政府", seed=2), 0.62, 0.63, 30)

    seals = find_seals(page)

    assert len(seals) == 2
    assert any(near(seal, 0.5, 0.6) for seal in seals)
    assert any(near(seal, 0.62, 0.63) for seal in seals)


def test_seal_touching_a_red_letterhead_is_found() -> None:
    page = blank_page()
    cv2.putText(page, "RED HEAD", (200, 300), cv2.FONT_HERSHEY_TRIPLEX, 4, (36, 32, 206), 14)
    cv2.line(page, (130, 360), (1100, 360), (36, 32, 206), 6)

    (seal,) = find_seals(stamped(page, impression(seed=1), 0.6, 0.22))

    assert near(seal, 0.6, 0.22)


def test_red_table_letterhead_and_disc_are_no_seals() -> None:
    page = page_image(7, 1)
    for k in range(5):
        cv2.line(page, (150, 1000 + 80 * k), (1090, 1000 + 80 * k), (40, 40, 200), 3)
        cv2.line(page, (150 + 235 * k, 1000), (150 + 235 * k, 1320), (40, 40, 200), 3)
    cv2.circle(page, (1050, 120), 70, (40, 40, 205), -1)

    assert [seal for seal in find_seals(page) if seal.colour is Colour.RED] == []


def with_red_table(page: Image, top: int, left: int, step: int) -> Image:
    """A table of thin red lines, a cell lower than a seal and wider."""
    for k in range(6):
        cv2.line(page, (100, top + k * 70), (1140, top + k * 70 + 12), (40, 40, 200), 3)
        cv2.line(page, (left + k * step, top), (left + k * step, top + 360), (40, 40, 200), 3)
    return page


@pytest.mark.parametrize("strength", [1.0, 0.35])
def test_seal_in_a_red_table_is_found_whole(photograph: Photograph, strength: float) -> None:
    ink = impression(seed=3) * strength
    page = with_red_table(stamped(page_image(7, 0), ink, 0.5, 0.6, 30), 900, 140, 190)

    (seal,) = find_seals(photograph(page, 3))

    assert (seal.shape, seal.state) in {
        (Shape.ROUND, State.COMPLETE),
        (Shape.ROUND, State.FAINT),
    }
    assert seal.box[2] == pytest.approx(42 * 4.84, rel=0.05)


def test_pale_seal_is_found_and_called_faint(photograph: Photograph) -> None:
    page = stamped(page_image(7, 0), impression(seed=1, strength=0.3), 0.6, 0.7)

    (seal,) = find_seals(photograph(page))

    assert seal.state is State.FAINT


def dim(page: Image, seed: int) -> Image:
    """A dim and grainy photo of a page, with colours as coarse as JPEG makes them."""
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal(page.shape, np.float32) * np.float32(12)
    dark = np.clip(cv2.GaussianBlur(page, (0, 0), 1.5) * 0.5 + grain, 0, 255)
    return decode(cv2.imencode(".jpg", dark.astype(np.uint8), [1, 40])[1].tobytes())


def test_pale_ring_that_drowns_in_grain_of_many_colours_is_found(oval_seal: Mask) -> None:
    page = stamped(page_image(7, 2), np.pad(oval_seal, ((45, 44), (0, 0))) * 0.16, 0.5, 0.6, 10)

    (seal,) = find_seals(dim(page, 1))

    assert (seal.colour, seal.shape, seal.state) == (Colour.RED, Shape.OVAL, State.FAINT)
    assert near(seal, 0.5, 0.6)


@pytest.mark.parametrize("ink", [0.1, 0.3, 0.9])
def test_disc_alone_on_a_page_is_no_pale_seal(photograph: Photograph, ink: float) -> None:
    page = page_image(7, 2)
    disc = cv2.circle(np.zeros(page.shape[:2], np.float32), (900, 200), 71, (ink,), -1)[..., None]
    red = np.array((40, 40, 200), np.float32)
    stained = np.asarray(page * (1 - disc) + red * disc, np.uint8)

    assert find_seals(photograph(stained)) == ()


def test_grainy_page_without_a_seal_has_none() -> None:
    assert find_seals(dim(page_image(7, 2), 1)) == ()


@pytest.mark.parametrize("turned_deg", [-15, 0, 15])
def test_oval_seal_is_found(photograph: Photograph, oval_seal: Mask, turned_deg: float) -> None:
    padded = np.pad(oval_seal, ((45, 44), (0, 0)))  # as wide as high, as `stamped` turns it

    (seal,) = find_seals(photograph(stamped(page_image(7, 2), padded, 0.5, 0.6, turned_deg)))

    assert (seal.colour, seal.shape) == (Colour.RED, Shape.OVAL)


def test_square_seal_beside_a_round_one_is_found(photograph: Photograph, square_seal: Mask) -> None:
    page = stamped(page_image(7, 0), square_seal, 0.8, 0.7, 4)

    seals = find_seals(photograph(stamped(page, impression(seed=1), 0.55, 0.7)))

    assert sorted(seal.shape for seal in seals) == [Shape.ROUND, Shape.SQUARE]


def test_blue_seal_is_called_blue() -> None:
    red = stamped(blank_page(), impression(seed=1), 0.5, 0.5)

    (seal,) = find_seals(np.ascontiguousarray(red[..., ::-1]))

    assert seal.colour is Colour.BLUE


def test_round_blue_logo_without_words_is_no_seal(photograph: Photograph) -> None:
    page = page_image(7, 1)
    cv2.circle(page, (200, 130), 60, (170, 90, 30), 5)
    cv2.circle(page, (200, 130), 30, (170, 90, 30), -1)

    assert find_seals(photograph(page)) == ()


def test_copy_of_a_stamped_page_bears_a_grey_ring(photograph: Photograph) -> None:
    page = stamped(page_image(7, 1), impression(seed=1), 0.6, 0.75)
    grey = cv2.cvtColor(photograph(page), cv2.COLOR_BGR2GRAY)

    seals = find_seals(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8))

    assert [seal.colour for seal in seals] == [Colour.GREY]


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.5), (0.0, 0.4), (0.5, 1.0)])
def test_half_a_seal_at_the_edge_is_a_riding_seam(x: float, y: float) -> None:
    (seal,) = find_seals(stamped(page_image(7, 1), impression(seed=1), x, y))

    assert seal.state is State.RIDING_SEAM


def test_strip_of_a_seal_at_the_edge_is_a_riding_seam() -> None:
    ink = impression(seed=1)
    ink[:, :100] = 0  # what the neighbouring pages of the pile bear
    ink[:, 150:] = 0
    strip = ink[:, 100:150]
    page = page_image(7, 1)
    coloured = page[800 : 800 + DIAMETER_PX, -50:]
    coloured[:] = np.uint8(coloured * (1 - strip[..., None] * (0.82, 0.85, 0.2)))

    (seal,) = find_seals(page)

    assert seal.state is State.RIDING_SEAM
    assert seal.box[0] + seal.box[2] == pytest.approx(WIDTH_PX, abs=12)


def test_diameter_is_told_where_the_scale_is_known() -> None:
    page = stamped(page_image(7, 0), impression(seed=1), 0.6, 0.7)

    (seal,) = find_seals(page, px_per_mm=150 / 25.4)

    assert seal.diameter_mm == pytest.approx(42, rel=0.04)


def half(ink: Mask) -> Mask:
    fading = np.clip(2.5 - np.linspace(0, 4, ink.shape[1], dtype=np.float32), 0, 1)
    return ink * fading[None, :]


def wiped(ink: Mask) -> Mask:
    far = round(0.06 * ink.shape[0])
    padded = np.pad(ink, far)
    return np.asarray(np.clip(cv2.blur(padded, (far, 1)) * 1.6, 0, 0.94), np.float32)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (np.asarray, State.COMPLETE),
        (half, State.PARTIAL),
        (wiped, State.SMEARED),
    ],
)
def test_state_names_what_is_wrong_with_an_impression(
    photograph: Photograph, fault: Callable[[Mask], Mask], state: State
) -> None:
    page = stamped(page_image(7, 1), fault(impression(seed=3)), 0.6, 0.72)

    (seal,) = find_seals(photograph(page))

    assert seal.state is state


def first_of(seed: int, difficulty: Difficulty) -> Seal:
    """The seal that is seen where the first of a rendered paper was pressed."""
    taken = shot(sheet(seed), seed, difficulty)
    x, y, width, height = taken.boxes[0]
    middle = np.array((x + width / 2, y + height / 2))
    seals = find_seals(decode(taken.jpeg))
    return min(seals, key=lambda seal: float(np.hypot(*(centre(seal) - middle))))


@pytest.mark.parametrize("seed", [91018, 91024])
def test_seal_wiped_by_a_few_millimetres_is_smeared(seed: int) -> None:
    assert first_of(seed, "normal").state is State.SMEARED


def test_blurred_oval_is_not_smeared() -> None:
    seal = first_of(91506, "hard")

    assert (seal.shape, seal.state) == (Shape.OVAL, State.COMPLETE)


def test_pale_oval_whose_ring_was_cut_off_at_one_end_is_faint() -> None:
    seal = first_of(61237, "hard")

    assert (seal.shape, seal.state) == (Shape.OVAL, State.FAINT)


@pytest.mark.parametrize("wide", [0.7, 1.5])
def test_round_seal_in_a_stretched_picture_is_not_smeared(wide: float) -> None:
    page = stamped(page_image(7, 1), impression(seed=3), 0.6, 0.72)

    (seal,) = find_seals(np.asarray(cv2.resize(page, None, fx=wide, fy=1.0), np.uint8))

    assert (seal.shape, seal.state) == (Shape.OVAL, State.COMPLETE)


def test_seal_struck_twice_across_a_red_table_is_double(photograph: Photograph) -> None:
    ink = impression(seed=3)
    once = stamped(page_image(7, 0), ink, 0.5, 0.6, 30)
    twice = stamped(once, 0.7 * ink, 0.528, 0.608, 30)

    (seal,) = find_seals(photograph(with_red_table(twice, 900, 140, 190), 3))

    assert seal.state is State.DOUBLE


def labelled_pictures(folder: Path) -> dict[str, int]:
    """How many red seals a few of the pictures bear."""
    names = {
        "committee_letter_photo.png": 1,
        "redhead_two_seals.jpg": 2,
        "three_seals_row.jpg": 3,
        "contract_two_seals_faint.jpg": 2,
        "letter_oval_seal.jpg": 1,
        "desk_page_photo.jpg": 0,
        "ticket_photo.jpeg": 0,
    }
    return {str(folder / name): count for name, count in names.items()}


def test_real_pictures_bear_as_many_red_seals_as_people_see(pictures: Path) -> None:
    expected = labelled_pictures(pictures)

    seen = {name: find_seals(decode(Path(name).read_bytes())) for name in expected}

    red = {n: sum(seal.colour is Colour.RED for seal in seals) for n, seals in seen.items()}
    assert red == expected
