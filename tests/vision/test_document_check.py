"""A rendered, stamped page from pixels to verdict; pages that lie turned."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim.documents import COMMITTEE, Document
from sim.render import HEIGHT_PX, WIDTH_PX, impression, render_page, stamped
from vision.decoding import Image
from vision.document_check import check_document
from vision.document_fields import Application, Verdict
from vision.ocr import Reader
from vision.page import Page
from vision.page_text import prepare, read_page

WHOLE = Page(((0, 0), (WIDTH_PX, 0), (WIDTH_PX, HEIGHT_PX), (0, HEIGHT_PX)), whole=True)
PAPER = Document(
    letterhead=COMMITTEE,
    title="集体资金支付申请",
    addressee="",
    paragraphs=("兹有我村村民张伟申请支付工程款人民币12,345.60元，请予核准。",),
    rows=(),
    people=("张伟",),
    signed_by=COMMITTEE,
    date="2026年3月15日",
)
ASKED = Application(
    title=PAPER.title, org=COMMITTEE, parties=("张伟",), amount_fen=1_234_560, day="2026-03-15"
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def photo() -> Image:
    """The paper with a good impression over office and day."""
    return stamped(render_page(PAPER).image, impression(seed=3), 0.7, 0.42)


def test_stamped_page_says_what_was_applied_for(reader: Reader, photo: Image) -> None:
    checked = check_document(photo, ASKED, reader, WHOLE)

    assert [(one.name, one.verdict) for one in checked.fields] == [
        (name, Verdict.MATCH) for name in ("title", "org", "party", "amount", "day")
    ]
    assert checked.verdict is Verdict.MATCH


@pytest.mark.slow
def test_changed_digit_is_seen_and_shown_in_the_photo(reader: Reader, photo: Image) -> None:
    asked = Application(title=PAPER.title, amount_fen=1_235_560)

    checked = check_document(photo, asked, reader, WHOLE)

    assert checked.verdict is Verdict.MISMATCH
    box = checked.boxes[1]
    assert box is not None
    amount = next(box for text, box in render_page(PAPER).lines if "12,345" in text)
    assert box[0][1] - 10 < amount[1] + amount[3] / 2 < box[3][1] + 10


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_page_is_read_in_its_own_order(reader: Reader, turns: int) -> None:
    part = render_page(PAPER).image[230:560, 140:1100]
    turned = np.ascontiguousarray(np.rot90(part, turns))
    height, width = turned.shape[:2]
    page = Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)
    sight = prepare(turned, page)
    assert sight is not None

    sight, text = read_page(sight, reader)

    rows = ["".join(line.text for line in row.lines) for row in text.rows if not row.red]
    assert re.sub(r"\s", "", rows[0]) == PAPER.title
    assert rows[1].strip().startswith("兹有我村")
    assert sight.flat.shape[:2] == part.shape[:2]


def test_picture_without_a_page_is_unclear(reader: Reader) -> None:
    checked = check_document(np.full((400, 300, 3), 90, np.uint8), ASKED, reader)

    assert (checked.verdict, checked.fields) == (Verdict.UNCLEAR, ())
