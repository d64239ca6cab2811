"""Red lines that are no part of a seal."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.page import Gray
from vision.ruled import long_lines, ruled

SIDE_PX, RADIUS_PX = 224, 100
KNOWN = np.ones((SIDE_PX, SIDE_PX), np.bool_)


def seal_with(*lines: tuple[int, int, int, int]) -> Gray:
    """Ring, star-like cross of 0.6 radii, and lines (x, y, x, y)."""
    ink = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    cv2.circle(ink, (112, 112), 98, (1.0,), 5)
    cv2.line(ink, (82, 112), (142, 112), (1.0,), 6)
    for x1, y1, x2, y2 in lines:
        cv2.line(ink, (x1, y1), (x2, y2), (0.8,), 2)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.float32)


def test_line_that_runs_on_beyond_the_ring_is_not_the_seals() -> None:
    hidden = ruled(seal_with((0, 60, 223, 70)), KNOWN, RADIUS_PX)

    assert hidden[65, 112]
    assert not hidden[112, 82:142].any()
    assert hidden.mean() < 0.05


def test_strokes_that_end_at_the_ring_are_the_seals() -> None:
    assert not ruled(seal_with((40, 60, 180, 60)), KNOWN, RADIUS_PX).any()


def name_seal_with(*lines: tuple[int, int, int, int]) -> Gray:
    """An upright frame with half a side of 88 px, and lines."""
    ink = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    cv2.rectangle(ink, (26, 26), (198, 198), (1.0,), 5)
    for x1, y1, x2, y2 in lines:
        cv2.line(ink, (x1, y1), (x2, y2), (0.8,), 3)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.float32)


def test_line_that_runs_on_beyond_a_frame_is_not_the_seals() -> None:
    hidden = ruled(name_seal_with((0, 223, 223, 0)), KNOWN, 88, square=True)

    assert hidden[111, 112]
    assert not hidden[60:160, 24:28].any()


def test_frame_and_strokes_that_end_at_it_are_the_seals() -> None:
    seal = name_seal_with((26, 112, 198, 112))

    assert not ruled(seal, KNOWN, 88, square=True).any()


def test_paper_without_ink_has_no_lines() -> None:
    assert not ruled(np.zeros((SIDE_PX, SIDE_PX), np.float32), KNOWN, RADIUS_PX).any()


@pytest.mark.parametrize(("long_px", "found"), [(200, True), (60, False)])
def test_page_has_only_lines_that_are_longer_than_a_name_seals_frame(
    long_px: int, found: bool
) -> None:
    page = np.zeros((1000, 700), np.float32)
    cv2.line(page, (100, 400), (100 + long_px, 410), (0.5,), 3)

    assert bool(long_lines(page, 0.03).any()) is found


def test_row_of_characters_is_no_line() -> None:
    page = np.zeros((1000, 700), np.float32)
    for x in range(100, 500, 4):
        cv2.line(page, (x, 380), (x, 420), (0.5,), 2)

    assert not long_lines(page, 0.03).any()
