"""Where the paper lies, and whether anything is printed on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim import camera_view
from sim.render import blank_page, impression, page_image, stamped
from vision.decoding import Image, decode
from vision.page import Page, find_page, flatten, is_blank

Photograph = Callable[..., Image]


def overlap(one: Page, corners: object) -> float:
    """Intersection over union of two convex quadrilaterals."""
    a, b = np.array(one.corners, np.float32), np.array(corners, np.float32)
    common, _ = cv2.intersectConvexConvex(a, b)
    return float(common / (cv2.contourArea(a) + cv2.contourArea(b) - common))


@pytest.mark.parametrize("sheet", range(1, 7))
def test_paper_is_found_where_it_was_laid(photograph: Photograph, sheet: int) -> None:
    paper = page_image(7, sheet)
    truth = camera_view.corners(paper, camera_view.laying(sheet))

    page = find_page(photograph(paper, sheet))

    assert page is not None
    assert not page.whole
    assert overlap(page, truth) > 0.985


def test_empty_tray_has_no_page(photograph: Photograph) -> None:
    assert find_page(photograph(None)) is None


def test_scan_without_paper_edges_is_taken_whole() -> None:
    page = find_page(page_image(7, 0))

    assert page is not None
    assert page.whole


def test_flat_page_has_the_proportions_of_a4(photograph: Photograph) -> None:
    photo = photograph(page_image(7, 0))
    page = find_page(photo)
    assert page is not None

    flat = flatten(photo, page)

    assert flat.shape[0] == 1400
    assert flat.shape[0] / flat.shape[1] == pytest.approx(2**0.5, rel=0.02)


@pytest.mark.parametrize("light", [True, False], ids=["lamp", "dim"])
@pytest.mark.parametrize("sheet", range(1, 5))
def test_empty_sheet_is_blank(photograph: Photograph, sheet: int, light: bool) -> None:
    assert is_blank(photograph(blank_page(), sheet, light))


@pytest.mark.parametrize("light", [True, False], ids=["lamp", "dim"])
@pytest.mark.parametrize("n", range(5))
def test_printed_page_is_not_blank(photograph: Photograph, n: int, light: bool) -> None:
    assert not is_blank(photograph(page_image(7, n), n, light))


def test_sheet_with_an_impression_alone_is_blank(photograph: Photograph) -> None:
    assert is_blank(photograph(stamped(blank_page(), impression(seed=1), 0.6, 0.5)))


def test_sheet_with_one_printed_word_is_not_blank(photograph: Photograph) -> None:
    sheet = blank_page()
    title = page_image(7, 0)[180:280, 300:900]
    sheet[180:280, 300:900] = title

    assert not is_blank(photograph(sheet))


def test_real_photos_of_documents_are_not_blank(pictures: Path) -> None:
    names = ("desk_page_photo.jpg", "form_photo_noseal.jpg", "committee_letter_photo.png")

    assert [is_blank(decode((pictures / name).read_bytes())) for name in names] == [False] * 3
