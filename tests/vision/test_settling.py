"""Where a ring is laid that runs on beyond what a search followed of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.ellipse import Ellipse, Ring, measure
from vision.page import Gray
from vision.settling import settled

OVAL = Ellipse(150.0, 150.0, 90.0, 62.0, 10.0)
SHORT = Ellipse(141.0, 148.0, 81.0, 62.0, 10.0)  # cut off at the right end


def drawn(until_deg: float = 360.0) -> Gray:
    """The ring of the oval on paper, or a part of it."""
    ink = np.zeros((300, 300), np.uint8)
    cv2.ellipse(ink, (150, 150), (90, 62), 10.0, 60.0, 60.0 + until_deg, (255,), 5, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 1.0) / np.float32(500), np.float32)


def followed(ink: Gray, start: Ellipse) -> Ring:
    return measure(ink, start, 0.035, 0.02)[0]


def test_ring_that_was_cut_off_at_one_end_is_laid_where_it_runs() -> None:
    ink = drawn()
    cut = followed(ink, SHORT)
    assert cut.coverage < 0.86

    ring = settled(cut, ink, np.zeros_like(ink), 0.02)

    assert ring.coverage > 0.98
    off = np.abs(OVAL.reach_of(ring.ellipse.points()) - 1)
    assert float(off.max()) < 0.03


@pytest.mark.parametrize("until_deg", [200.0, 280.0])
def test_part_of_a_ring_stays_a_part(until_deg: float) -> None:
    ink = drawn(until_deg)

    ring = settled(followed(ink, OVAL), ink, np.zeros_like(ink), 0.02)

    assert ring.coverage == pytest.approx(until_deg / 360, abs=0.03)
