"""A second sheet below the page: seen where it looks out, not where the desk is only pale."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.decoding import Image
from vision.page import find_page
from vision.sheets import second_sheet

DESKS = [(40, 60, 110), (60, 58, 52), (30, 34, 40), (120, 150, 180), (176, 180, 186)]
PAPER = (232, 234, 236)
UPPER = np.array([[150, 120], [870, 110], [880, 1130], [160, 1140]], np.int32)


def lying(desk: tuple[int, int, int], lower: tuple[int, int] | None) -> Image:
    """A page with some print, and a second sheet moved by `lower` under it."""
    rng = np.random.default_rng(2)
    seen = np.full((1250, 1020, 3), desk, np.uint8)
    if lower is not None:
        cv2.fillConvexPoly(seen, UPPER + np.array(lower), PAPER, cv2.LINE_AA)
        shadow = np.zeros(seen.shape[:2], np.uint8)
        cv2.fillConvexPoly(shadow, UPPER + 2, 255, cv2.LINE_AA)
        share = cv2.GaussianBlur(shadow, (0, 0), 1.5)[..., None] / 255 * 0.2
        seen = np.asarray(seen * (1 - share), np.uint8)
    cv2.fillConvexPoly(seen, UPPER, PAPER, cv2.LINE_AA)
    for row in range(12):
        cv2.putText(seen, "0123456789" * 3, (230, 260 + 50 * row), 0, 0.8, (30, 30, 30), 2)
    soft = cv2.GaussianBlur(seen, (0, 0), 0.8) + rng.normal(0, 2.5, seen.shape)
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


@pytest.mark.parametrize("lower", [(22, -26), (-30, 18), (14, 14)])
@pytest.mark.parametrize("desk", DESKS[:4])
def test_sheet_that_looks_out_is_seen(desk: tuple[int, int, int], lower: tuple[int, int]) -> None:
    image = lying(desk, lower)
    page = find_page(image)

    assert page is not None
    assert second_sheet(image, page) is True


@pytest.mark.parametrize("desk", DESKS)
def test_page_alone_has_none(desk: tuple[int, int, int]) -> None:
    image = lying(desk, None)
    page = find_page(image)

    assert page is not None
    assert not second_sheet(image, page)


def test_dog_ear_is_no_second_sheet() -> None:
    image = lying(DESKS[1], None)
    ear = np.array([[870, 110], [800, 111], [871, 180]], np.int32)
    cv2.fillConvexPoly(image, ear, DESKS[1], cv2.LINE_AA)
    page = find_page(image)

    assert page is not None
    assert not second_sheet(image, page)


def test_frame_without_paper_edges_tells_nothing() -> None:
    image = lying(DESKS[1], None)[200:1000, 250:800]
    page = find_page(np.ascontiguousarray(image))

    assert page is not None
    assert page.whole
    assert second_sheet(np.ascontiguousarray(image), page) is None


@pytest.mark.parametrize("blur_px", [0.8, 2.0])
@pytest.mark.parametrize("line_px", [1, 2, 4])
def test_printed_frame_is_no_second_sheet(line_px: int, blur_px: float) -> None:
    image = lying(DESKS[1], None)
    cv2.rectangle(image, (200, 160), (830, 1090), (40, 40, 40), line_px)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur_px), np.uint8)
    page = find_page(image)

    assert page is not None
    assert not second_sheet(image, page)
