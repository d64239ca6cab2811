"""Edges vote for the ring that they belong to, wherever it lies on the map."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.page import Gray
from vision.voting import OVAL, ROUND, edges, hypotheses

LEAST = 0.02


def inked(middle: tuple[int, int], axes: tuple[int, int]) -> Gray:
    """A map of 1000 x 700 with one ring."""
    drawn = np.zeros((1000, 700), np.uint8)
    cv2.ellipse(drawn, middle, axes, 0, 0, 360, (255,), 5, cv2.LINE_AA)
    return (cv2.GaussianBlur(drawn, (0, 0), 1.0) / 400).astype(np.float32)


@pytest.mark.parametrize("middle", [(75, 75), (350, 500), (620, 90), (90, 930), (625, 925)])
def test_ring_is_voted_for_wherever_it_lies(middle: tuple[int, int]) -> None:
    best = hypotheses(edges(inked(middle, (66, 66)), LEAST), ROUND)[0]

    assert np.hypot(best.ellipse.x - middle[0], best.ellipse.y - middle[1]) < 0.1 * 66
    assert best.ellipse.radius == pytest.approx(66, rel=0.1)


@pytest.mark.parametrize("middle", [(-15, 500), (350, 1010), (715, 300), (400, -20)])
def test_middle_of_a_ring_may_lie_off_the_map(middle: tuple[int, int]) -> None:
    best = hypotheses(edges(inked(middle, (66, 66)), LEAST), ROUND)[0]

    assert np.hypot(best.ellipse.x - middle[0], best.ellipse.y - middle[1]) < 0.15 * 66


@pytest.mark.parametrize("middle", [(90, 70), (350, 500), (600, 930)])
def test_oval_is_voted_for_on_a_stretched_map(middle: tuple[int, int]) -> None:
    found = hypotheses(edges(inked(middle, (74, 50)), LEAST), OVAL)

    straight = [one.ellipse for one in found if one.ellipse.turned_deg == 0]
    off = [float(np.hypot(one.x - middle[0], one.y - middle[1])) for one in straight]
    nearest = straight[int(np.argmin(off))]
    assert min(off) < 0.1 * 60
    assert 1.2 < nearest.a / nearest.b < 1.8


def test_bare_map_has_no_hypotheses() -> None:
    assert hypotheses(edges(np.zeros((1000, 700), np.float32), LEAST), (*ROUND, *OVAL)) == []
