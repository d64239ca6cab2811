"""Unrolled rings: where a seal's words begin, and what a reader makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from sim.camera_scenes import cut
from sim.render import INK, page_image
from vision.decoding import Image
from vision.lifting import lifted
from vision.ocr import Line, Reader
from vision.ring_text import FINE_PX, UNREAD, read_name, read_ring
from vision.seals import Seal, find_seals
from vision.written import Written

VILLAGE, LINE = "青石镇柳树沟村村民委员会", "财务专用章"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    yield Reader()


class Listener:
    """Keeps the strips it is given and reads nothing."""

    def __init__(self) -> None:
        self.strips_given: list[Image] = []

    def strips(self, images: list[Image]) -> tuple[Line, ...]:
        self.strips_given += images
        return tuple(Line(text="", score=0.0, box=()) for _ in images)


def stamped(shape: str, words: str, line: str, size_px: int, turned_deg: float) -> Image:
    """A seal over print, without noise."""
    page = page_image(7, 0)[440:760, 300:620]
    ink = np.asarray(cut(shape, words, line, size_px), np.float32) / 255
    middle = size_px / 2
    turn = cv2.getRotationMatrix2D((middle, middle), -turned_deg, 1.0)
    turn[:, 2] += np.array([160 - middle, 160 - middle])
    laid = cv2.warpAffine(ink, turn, (320, 320))[..., None] * 0.9
    return np.asarray(page * (1 - laid * (1 - np.array(INK, np.float32) / 255)), np.uint8)


def the_seal(picture: Image) -> Seal:
    (seal,) = find_seals(picture)
    return seal


def test_ring_and_line_over_print_are_read_whichever_way_up_they_lie(reader: Reader) -> None:
    picture = stamped("round", VILLAGE, LINE, 220, 200)

    read = read_ring(lifted(picture, the_seal(picture), FINE_PX), 1.0, 0.0, reader)

    assert read.ring.text == VILLAGE
    assert read.line is not None and read.line.text == LINE
    assert read.turned_deg == pytest.approx(200, abs=2)


@pytest.mark.parametrize(("line", "bare"), [("", True), (LINE, False)])
def test_bare_paper_below_the_star_is_told_from_a_line_that_nobody_can_read(
    line: str, bare: bool
) -> None:
    picture = stamped("round", VILLAGE, line, 220, 200)

    class Ring(Listener):
        """Reads the words of rings and nothing else."""

        def strips(self, images: list[Image]) -> tuple[Line, ...]:
            read = VILLAGE if images[0].shape[1] > 600 else ""
            score = (0.9,) * len(read)
            return tuple(Line(text=read, score=0.9, box=(), scores=score) for _ in images)

    read = read_ring(lifted(picture, the_seal(picture), FINE_PX), 1.0, 0.0, Ring())

    assert read.line == (Written("", (), ()) if bare else UNREAD)


def test_name_is_read_from_its_four_cells(reader: Reader) -> None:
    picture = stamped("square", "李庆国印", "", 110, 4)

    read = read_name(lifted(picture, the_seal(picture), FINE_PX), reader)

    assert read.ring.text == "李庆国印"


def test_strips_begin_in_the_gap_and_bear_no_black_print() -> None:
    picture = stamped("round", VILLAGE, "", 220, 0)
    listener = Listener()

    read_ring(lifted(picture, the_seal(picture), FINE_PX), 1.0, 0.0, listener)

    first = listener.strips_given[0][..., 0]
    tenth = first.shape[1] // 10
    assert first[:, :tenth].mean() > 245 < first[:, -tenth:].mean()
    assert first[:, 2 * tenth : -2 * tenth].mean() < 225
