"""Papers and impressions: seeded, different, true to their words, and in red where they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import typeface as faces
from sim.documents import COMMITTEE, document
from sim.render import (
    HEIGHT_PX,
    WIDTH_PX,
    Picture,
    blank_page,
    impression,
    page_image,
    render_page,
    stamped,
)
from sim.typeface import SHIPPED, typeface


def red_pixels(page: Picture) -> int:
    red = page[..., 2].astype(int) - page[..., :2].max(axis=2)
    return int((red > 60).sum())


def test_same_seed_and_number_give_the_same_pixels() -> None:
    assert np.array_equal(page_image(7, 3), page_image(7, 3))


def test_documents_of_one_seed_all_differ() -> None:
    papers = [document(7, n) for n in range(40)]

    assert len({(paper.people, paper.paragraphs, paper.rows) for paper in papers}) == 40


@pytest.mark.parametrize("n", range(10))
def test_every_word_of_a_paper_is_printed_inside_the_page(n: int) -> None:
    paper = document(3, n)

    page = render_page(paper)

    printed = "".join(text for text, _ in page.lines).replace("　", "")
    words = (paper.letterhead, paper.title, paper.addressee, *paper.paragraphs)
    for text in (*words, *(cell for row in paper.rows for cell in row), paper.date):
        assert text.replace("　", "") in printed
    for text, (x, y, width, height) in page.lines:
        assert x > 0, text
        assert x + width < WIDTH_PX, text
        assert y > 0 and y + height < HEIGHT_PX, text
    assert page.image.shape == (HEIGHT_PX, WIDTH_PX, 3)


def test_truth_box_of_a_line_holds_its_ink() -> None:
    page = render_page(document(7, 0))

    for text, (x, y, width, height) in page.lines:
        assert page.image[y : y + height, x : x + width].min() < 120, text


def test_impression_is_red_where_it_was_pressed_and_nowhere_else() -> None:
    page = stamped(blank_page(), impression(seed=1), 0.5, 0.5)

    changed = np.argwhere((page != blank_page()).any(axis=2))

    assert red_pixels(page) > 5_000
    first, last = changed.min(axis=0), changed.max(axis=0)
    assert (first + last) / 2 == pytest.approx([HEIGHT_PX / 2, WIDTH_PX / 2], abs=2)
    assert last - first == pytest.approx([248, 248], abs=4)


def test_print_under_an_impression_stays_dark() -> None:
    paper = page_image(7, 0)
    dark = paper.max(axis=2) < 60

    assert stamped(paper, impression(seed=1), 0.6, 0.45)[dark].max() < 70


def test_two_presses_leave_different_ink() -> None:
    assert not np.array_equal(impression(seed=1), impression(seed=2))


def test_faint_press_leaves_less_ink() -> None:
    assert impression(seed=1, strength=0.3).mean() < 0.4 * impression(seed=1).mean()


def test_seals_of_two_villages_differ() -> None:
    other = COMMITTEE.replace("清溪", "石桥")

    assert not np.array_equal(impression(COMMITTEE, seed=1), impression(other, seed=1))


def test_impression_over_the_edge_is_cut_by_it() -> None:
    page = stamped(blank_page(), impression(seed=1), 1.0, 0.5)

    whole = red_pixels(stamped(blank_page(), impression(seed=1), 0.5, 0.5))
    assert 0.3 * whole < red_pixels(page) < 0.7 * whole


def test_every_paper_is_drawn_with_the_shipped_typeface_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faces, "SYSTEM", ())
    typeface.cache_clear()

    for n in range(20):
        page_image(1, n)
    impression(COMMITTEE)

    assert SHIPPED.stat().st_size < 1_500_000


def test_character_that_no_font_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "SYSTEM", (Path("/nowhere.ttc"),))
    typeface.cache_clear()

    with pytest.raises(ValueError, match="install fonts-noto-cjk"):
        impression("龘村")
