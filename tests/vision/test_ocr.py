"""The reader: pages and strips, in any order of calls, without a network or without itself."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from sim.render import HEIGHT_PX, page_image
from sim.typeface import typeface
from vision.decoding import Image
from vision.errors import ReaderMissingError
from vision.ocr import Reader

WORDS = "兹证明张伟系我村村民"


def strip_of(text: str) -> Image:
    from PIL import Image as Pictures
    from PIL import ImageDraw

    font = typeface(32, text)
    picture = Pictures.new("RGB", (round(font.getlength(text)) + 40, 52), "white")
    ImageDraw.Draw(picture).text((20, 2), text, "black", font)
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader made, and used by every test here, where nothing can reach a network."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("expected no network, found somebody who asks for it")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield Reader()


def test_strip_says_its_words_and_how_sure_each_character_is(reader: Reader) -> None:
    line = reader.strip(strip_of(WORDS))

    assert line.text == WORDS
    assert len(line.scores) == len(WORDS)
    assert line.score > 0.9


def test_empty_strip_says_nothing(reader: Reader) -> None:
    line = reader.strip(np.full((48, 200, 3), 255, np.uint8))

    assert (line.text, line.score, line.scores) == ("", 0.0, ())


def test_several_strips_are_answered_in_their_order(reader: Reader) -> None:
    lines = reader.strips([strip_of("同意上报"), strip_of(WORDS), strip_of("特此证明")])

    assert [line.text for line in lines] == ["同意上报", WORDS, "特此证明"]


def test_page_after_a_strip_is_read_line_by_line(reader: Reader) -> None:
    page = page_image(0, 0)[150 : HEIGHT_PX // 3]
    reader.strip(strip_of(WORDS))

    lines = reader.lines(page)

    assert lines[0].text.replace(" ", "") == "证明"
    assert len(lines) > 3
    tops = [line.box[0][1] for line in lines]
    assert tops == sorted(tops)


def test_empty_page_has_no_lines(reader: Reader) -> None:
    assert reader.lines(np.full((64, 64, 3), 255, np.uint8)) == ()


def test_missing_package_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)

    with pytest.raises(ReaderMissingError, match=r"install sealkeeper\[ocr\]"):
        Reader()
