"""The page that was approved, its copies, and what must not pass for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from sim import camera_view
from sim.camera_hard import conditions, photograph
from sim.camera_play import changed
from sim.documents import document
from sim.render import blank_page, impression, page_image, render_page, stamped
from vision.decoding import Image, decode
from vision.document import same_page

Photograph = Callable[..., Image]


@pytest.mark.parametrize("n", range(5))
def test_another_sheet_of_the_same_page_is_the_same(photograph: Photograph, n: int) -> None:
    page = page_image(7, n)

    assert same_page(photograph(page, 10 + n), photograph(page, 20 + n)).same is True


@pytest.mark.parametrize("n", range(5))
def test_same_page_in_a_dim_room_with_an_impression_is_the_same(
    photograph: Photograph, n: int
) -> None:
    page = page_image(7, n)
    with_seal = stamped(page, impression(seed=n), 0.3, 0.8, 12)

    assert same_page(photograph(page, 1), photograph(with_seal, 2, light=False)).same is True


def test_page_laid_upside_down_is_the_same_and_its_turn_is_told(photograph: Photograph) -> None:
    page = page_image(7, 3)
    turned = np.asarray(cv2.rotate(photograph(page, 2), cv2.ROTATE_180), np.uint8)

    match = same_page(photograph(page, 1), turned)

    assert match.same is True
    assert abs(match.turned_deg) > 170


@pytest.mark.parametrize("n", range(5))
def test_page_of_another_kind_is_another_page(photograph: Photograph, n: int) -> None:
    assert same_page(photograph(page_image(7, n)), photograph(page_image(7, n + 1))).same is False


@pytest.mark.parametrize("n", range(5))
def test_page_of_the_same_template_for_other_people_is_another_page(
    photograph: Photograph, n: int
) -> None:
    match = same_page(photograph(page_image(7, n)), photograph(page_image(7, n + 5)))

    assert match.same is False


@pytest.mark.parametrize("n", range(5))
def test_page_with_another_surname_never_passes_as_the_same(photograph: Photograph, n: int) -> None:
    paper = document(7, n)
    name = paper.people[0]
    other = msgspec.structs.replace(
        paper,
        paragraphs=tuple(text.replace(name, "钱" + name[1:]) for text in paper.paragraphs),
        rows=tuple(
            tuple(cell.replace(name, "钱" + name[1:]) for cell in row) for row in paper.rows
        ),
    )

    match = same_page(
        photograph(render_page(paper).image, 1), photograph(render_page(other).image, 2)
    )

    assert match.same is not True


def test_blank_sheet_is_never_the_approved_page(photograph: Photograph) -> None:
    assert same_page(photograph(page_image(7, 0)), photograph(blank_page())).same is not True


def test_two_blank_sheets_cannot_be_told(photograph: Photograph) -> None:
    assert same_page(photograph(blank_page(), 1), photograph(blank_page(), 2)).same is None


def test_empty_tray_cannot_be_told(photograph: Photograph) -> None:
    assert same_page(photograph(page_image(7, 0)), photograph(None)).same is None


def in_hard_light(page: Image, seed: int, **how: object) -> Image:
    """A photo by the camera that does no favours; `how` replaces what chance decided."""
    drawn = conditions(np.random.default_rng(seed), "hard")
    plain = msgspec.structs.replace(drawn, shade=None, hand=None, glare=None, blur_px=1.4)
    return decode(photograph(page, msgspec.structs.replace(plain, **how), seed))


REFLECTION = (0.45, 0.33, 0.05)


@pytest.mark.parametrize("exposure", [0.45, 0.65, 0.85])
@pytest.mark.parametrize("n", range(5))
def test_approved_page_under_a_reflection_cannot_be_told(n: int, exposure: float) -> None:
    page = page_image(7, n)
    approved = in_hard_light(page, 10 + n)

    seen = in_hard_light(page, 20 + n, glare=REFLECTION, exposure=exposure)

    assert same_page(approved, seen).same is not False
    assert same_page(seen, approved).same is not False


@pytest.mark.parametrize("n", range(5))
def test_page_for_other_people_is_another_one_also_under_a_reflection(n: int) -> None:
    approved = in_hard_light(page_image(7, n), 10 + n)

    seen = in_hard_light(page_image(7, n + 5), 20 + n, glare=REFLECTION)

    assert same_page(approved, seen).same is False


@pytest.mark.parametrize("n", range(5))
def test_digit_changed_beside_a_reflection_makes_another_page(n: int) -> None:
    paper = document(7, n)
    approved = in_hard_light(render_page(paper).image, 10 + n)
    other = render_page(changed(paper, np.random.default_rng(n))).image
    away = (REFLECTION[0], 0.85, REFLECTION[2])  # below the words

    assert same_page(approved, in_hard_light(other, 20 + n, glare=away)).same is False


@pytest.mark.parametrize("angle", [0.7, 1.6, 4.0])
@pytest.mark.parametrize("n", range(5))
def test_approved_page_in_dusk_and_shadow_is_no_other_one(n: int, angle: float) -> None:
    page = page_image(7, n)
    approved = in_hard_light(page, 30 + n, exposure=0.5, shade=(angle, 0.0), quality=50)

    seen = in_hard_light(page, 40 + n, exposure=0.42, shade=(-angle, 0.1), quality=50)

    assert same_page(approved, seen).same is True


@pytest.mark.parametrize("n", range(5))
def test_digit_changed_in_dusk_and_shadow_makes_another_page(n: int) -> None:
    paper = document(7, n)
    how = {"exposure": 0.5, "shade": (1.6, 0.0), "quality": 50}
    approved = in_hard_light(render_page(paper).image, 30 + n, **how)
    other = render_page(changed(paper, np.random.default_rng(n))).image

    assert same_page(approved, in_hard_light(other, 40 + n, **how)).same is False


REAL = ("committee_letter_photo.png", "redhead_enshi.png", "letter_oval_seal.jpg")


@pytest.mark.parametrize("name", REAL)
def test_real_page_laid_twice_is_the_same(
    pictures: Path, photograph: Photograph, name: str
) -> None:
    page = camera_view.fitted(decode((pictures / name).read_bytes()))

    assert same_page(photograph(page, 1), photograph(page, 2)).same is True


@pytest.mark.parametrize("name", REAL)
def test_real_pages_never_pass_for_each_other(
    pictures: Path, photograph: Photograph, name: str
) -> None:
    pages = {other: camera_view.fitted(decode((pictures / other).read_bytes())) for other in REAL}
    approved = photograph(pages[name], 1)

    others = [photograph(page, 2) for other, page in pages.items() if other != name]

    assert [same_page(approved, other).same for other in others].count(True) == 0
