"""Edges of paper that lie on a page after the press; what honest photos have is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.camera_scenes import Sheet, pressed
from sim.render import Picture, page_image
from vision.coverings import covering
from vision.decoding import Image

Photograph = Callable[..., Image]

SEED = 4
PAGE = page_image(7, 0)
PLACE = slice(1150, 1480), slice(620, 1050)  # bare paper below the words


def stamp(page: Picture) -> Picture:
    return pressed(Sheet(page), np.random.default_rng(SEED), x=0.67, y=0.75).page


def under_strip(page: Picture) -> Picture:
    """A strip of paper a shade whiter, with a hair of shadow at its right and its foot."""
    covered = page.copy()
    rows, columns = PLACE
    covered[rows.stop : rows.stop + 3, columns] = covered[rows.stop : rows.stop + 3, columns] * 0.9
    right = slice(columns.stop, columns.stop + 3)
    covered[rows, right] = covered[rows, right] * 0.9
    covered[PLACE] = 248
    return covered


@pytest.fixture(scope="module")
def before(photograph: Photograph) -> Image:
    return photograph(PAGE)


def test_strip_that_took_the_seal_is_seen(before: Image, photograph: Photograph) -> None:
    assert covering(before, photograph(stamp(under_strip(PAGE)))).covered is True


@pytest.mark.parametrize("sheet", [1, 5], ids=["as it lay", "moved"])
def test_stamped_page_alone_bears_no_edge(
    before: Image, photograph: Photograph, sheet: int
) -> None:
    assert covering(before, photograph(stamp(PAGE), sheet)).covered is False


def test_darker_lamp_is_no_edge(before: Image, photograph: Photograph) -> None:
    assert covering(before, photograph(stamp(PAGE), light=False)).covered is False


def test_photos_that_cannot_be_laid_over_each_other_tell_nothing(before: Image) -> None:
    assert covering(before, np.full_like(before, 90)).covered is None


def folded(page: Picture) -> Picture:
    """A page that was folded and opened again: a hair of shadow from edge to edge."""
    creased = page.copy()
    creased[1300:1303] = creased[1300:1303] * 0.9
    return creased


def test_fold_since_the_approval_is_no_edge_of_paper(before: Image, photograph: Photograph) -> None:
    creased = photograph(folded(PAGE))

    assert covering(before, creased, folds=True).covered is False
    assert covering(before, creased).covered is True


def test_strip_since_the_approval_is_one(before: Image, photograph: Photograph) -> None:
    assert covering(before, photograph(under_strip(PAGE), 5), folds=True).covered is True


def test_new_seal_and_red_rule_are_no_edges(before: Image, photograph: Photograph) -> None:
    ruled = stamp(PAGE)
    ruled[1500:1505, 200:1000] = (40, 34, 206)

    assert covering(before, photograph(ruled)).covered is False


def test_blank_sheet_a_shade_darker_over_half_of_the_page_is_seen(
    before: Image, photograph: Photograph
) -> None:
    half = PAGE.copy()
    half[1180:] = 246  # no shadow at all; paper is 252

    assert covering(before, photograph(stamp(half))).covered is True
