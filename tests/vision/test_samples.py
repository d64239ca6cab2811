"""Imprint samples: what they give for a registration, and which seal a later one is of."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from tests import imprints
from vision.decoding import Image, decode
from vision.lifting import specimen
from vision.samples import Proposal, Reason, Result, check_sample, propose
from vision.seal_state import State
from vision.seals import Shape
from vision.verification import Registered

pytestmark = pytest.mark.slow
OWN, ONE_CHARACTER_OFF = imprints.OWN, imprints.ONE_CHARACTER_OFF
LINE = "财务专用章"


@cache
def photo(shape: str, words: str, line: str = "", seed: int = 1, part: float = 1.0) -> Image:
    return decode(imprints.photo(shape, words, line, seed, part))


@cache
def proposed(shape: str, words: str, line: str = "") -> Proposal:
    found = propose(photo(shape, words, line), None)
    assert found is not None
    return found


@cache
def registered(name: str, shape: str, words: str, line: str = "") -> Registered:
    drawing = proposed(shape, words, line).drawing
    return Registered(
        id=name, ring_text=words, line=line, shape=Shape(shape),
        specimen=specimen(drawing, Shape(shape)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "words", "line", "size_mm"),
    [
        ("round", OWN, "", (42.0, 42.0)),
        ("oval", "白云村股份经济合作社", "专用章", (42.0, 28.5)),
        ("square", "李庆国印", "", (20.0, 20.0)),
    ],
)
def test_sample_gives_shape_size_and_a_clean_drawing(
    shape: str, words: str, line: str, size_mm: tuple[float, float]
) -> None:
    found = proposed(shape, words, line)

    assert (found.shape, found.state) == (shape, State.COMPLETE)
    assert found.size_mm == pytest.approx(size_mm, abs=1.5)
    assert found.drawing[:20].min() > 240  # paper around it
    assert found.drawing.min() < 100  # ink


def test_oval_drawing_lies_with_its_longer_axis_across() -> None:
    drawing = proposed("oval", "白云村股份经济合作社", "专用章").drawing

    places = cv2.findNonZero((drawing[..., 1] < 160).astype(np.uint8))

    assert places is not None
    _, _, width, height = cv2.boundingRect(places)
    assert width / height == pytest.approx(1 / 0.68, abs=0.1)


def test_sheet_without_an_imprint_gives_nothing() -> None:
    empty = photo("round", "")

    assert propose(empty, None) is None
    assert check_sample(empty, "own", [registered("own", "round", OWN)]).reason is Reason.NONE


def test_another_photo_of_the_registered_seal_is_the_same() -> None:
    found = check_sample(photo("round", OWN, seed=7), "own", [registered("own", "round", OWN)])

    assert (found.result, found.reason) == (Result.SAME, Reason.STROKES)
    assert found.agreeing is not None and found.agreeing > 0.85


def test_seal_that_differs_by_one_character_is_another() -> None:
    register = [registered("own", "round", OWN)]

    found = check_sample(photo("round", ONE_CHARACTER_OFF, seed=7), "own", register)

    assert (found.result, found.reason) == (Result.ANOTHER, Reason.OTHER_STROKES)


def test_other_registered_seal_of_the_machine_is_named() -> None:
    register = [registered("own", "round", OWN), registered("money", "round", OWN, LINE)]

    found = check_sample(photo("round", OWN, LINE, seed=7), "own", register)

    assert (found.result, found.named) == (Result.ANOTHER, "money")


def test_square_seal_is_not_the_round_one_that_is_registered() -> None:
    register = [registered("own", "round", OWN)]

    found = check_sample(photo("square", "李庆国印"), "own", register)

    assert (found.result, found.reason) == (Result.ANOTHER, Reason.SHAPE)


def test_half_an_imprint_is_not_called_another_seal() -> None:
    half = photo("round", OWN, seed=7, part=0.55)

    assert check_sample(half, "own", [registered("own", "round", OWN)]).result != Result.ANOTHER
