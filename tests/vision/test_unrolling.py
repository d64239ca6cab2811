"""Rings laid straight, round and oval."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.lifting import RADIUS_PX, SIDE_PX
from vision.page import Gray
from vision.unrolling import STEPS, Oval, unrolled

ASPECT, AXIS_DEG = 1.5, 20.0
SCALE = 4  # of the drawing of the oval


def with_line_inside(depth: float) -> Gray:
    """A lifted oval with a thin line that keeps one distance from its ring, all around."""
    side = SCALE * SIDE_PX
    long, short = (SCALE * RADIUS_PX * share for share in (ASPECT**0.5, ASPECT**-0.5))
    angles = np.linspace(0, 2 * np.pi, 400)
    ring = np.stack([long * np.cos(angles), short * np.sin(angles)], axis=1)
    normal = np.stack([np.cos(angles) / long, np.sin(angles) / short], axis=1)
    inner = ring - depth * short * normal / np.linalg.norm(normal, axis=1, keepdims=True)
    axis = np.deg2rad(AXIS_DEG)
    turn = np.array([[np.cos(axis), -np.sin(axis)], [np.sin(axis), np.cos(axis)]])
    to_circle = turn @ np.diag([RADIUS_PX / long, RADIUS_PX / short])
    flat = np.rint((inner @ to_circle.T) * SCALE + side / 2).astype(np.int32)
    ink = np.zeros((side, side), np.float32)
    cv2.polylines(ink, [flat], True, (1.0,), 2 * SCALE)
    return np.asarray(cv2.resize(ink, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))


def test_what_keeps_its_distance_from_an_oval_ring_becomes_straight() -> None:
    strip = unrolled(with_line_inside(0.3), Oval(ASPECT, AXIS_DEG), (0.5, 0.9), 81)

    rows = strip.argmax(axis=0)

    assert rows == pytest.approx(np.full(STEPS, 40), abs=3)


def test_steps_along_an_oval_are_even() -> None:
    x, y = Oval(ASPECT, AXIS_DEG).places(np.array([1.0]))
    axis = np.deg2rad(AXIS_DEG)
    long = (x * np.cos(axis) + y * np.sin(axis)) * ASPECT**0.5
    short = (y * np.cos(axis) - x * np.sin(axis)) * ASPECT**-0.5

    steps = np.hypot(np.diff(long[0]), np.diff(short[0]))

    assert steps == pytest.approx(np.full(STEPS - 1, steps.mean()), rel=0.02)


def test_round_seal_is_laid_as_long_as_its_middle_line() -> None:
    assert Oval(1.0, 0.0).proportion((0.5, 0.9)) == pytest.approx(2 * np.pi * 0.7 / 0.4, rel=1e-3)
