"""One look: what the two photos of a use tell, with and without a reader of print."""

from __future__ import annotations

import importlib.util
import io
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PIL import Image

from gateway.eyes import look
from gateway.eyes.asked import Asked
from gateway.eyes.look import Seen, StoppedError, Task, judge_seal, nominees, weigh, words_of
from sim.documents import COMMITTEE
from vision import document_fields
from vision.decoding import decode
from vision.document_fields import Field, Why
from vision.errors import ImageRefusedError
from vision.ring_text import UNREAD, Reading
from vision.verification import Registered
from vision.written import Written

Pair = Any

OWN = Registered(id="committee", ring_text=COMMITTEE)
BRANCH = Registered(id="branch", ring_text="清溪镇柳树沟村党支部委员会")
WHOLE = Asked(title="集体资金支付申请", parties=("张伟",), amount_fen=1_234_560)
needs_reader = pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None, reason="the extra ocr is not installed"
)


def task(photos: Pair, asked: Asked = WHOLE, **fields: Any) -> Task:
    whole = Task(
        before=photos.before,
        after=photos.after,
        seal="committee",
        asked=asked,
        register=(),
        names={},
    )
    return structs.replace(whole, **fields)


def seen_of(one: Task, reader: Any = None) -> Seen:
    return look.look(one, reader, lambda: True)


@pytest.fixture(scope="module")
def seen(small: Pair) -> Seen:
    """What is seen without a reader and without a register."""
    return seen_of(task(small))


@pytest.fixture(scope="module")
def reader() -> Any:
    return look.open_reader()


def test_both_pages_are_outlined_in_their_photos(seen: Seen, small: Pair) -> None:
    height, width = decode(small.after).shape[:2]

    for photo in (seen.before, seen.after):
        assert (photo.width_px, photo.height_px) == (width, height)
        assert photo.page is not None
        wanted = ((60, 60), (width - 60, 60), (width - 60, height - 60), (60, height - 60))
        assert np.abs(np.array(photo.page) - np.array(wanted)).max() < 4


def test_new_seal_is_found_where_it_was_pressed(seen: Seen, small: Pair) -> None:
    (seal,) = seen.seals

    middle = np.array(seal.corners).mean(axis=0)
    assert np.abs(middle - np.array(small.middle)).max() < 8
    assert (seal.color, seal.shape, seal.is_new) == ("red", "round", True)


def test_new_ink_lies_over_the_seal_alone(seen: Seen, small: Pair) -> None:
    assert seen.new_red is not None
    mask = np.asarray(Image.open(io.BytesIO(seen.new_red)))
    rows, columns = np.nonzero(mask)
    scale = mask.shape[1] / seen.after.width_px

    assert mask.ndim == 2 and len(seen.new_red) < 30_000
    assert abs(mask.shape[0] / scale - seen.after.height_px) < 2
    middle = np.array([columns.min() + columns.max(), rows.min() + rows.max()]) / 2 / scale
    assert np.abs(middle - np.array(small.middle)).max() < 12


def test_without_reader_and_register_the_rest_is_seen_all_the_same(seen: Seen) -> None:
    (seal,) = seen.seals

    assert not seen.reader_present
    assert (seen.fields, seen.verdict) == ((), None)
    assert (seal.text, seal.registered, seal.score, seal.verdict) == (None, None, None, None)
    assert seen.impression in ("ink", None)
    assert seen.fingerprint is not None and len(seen.fingerprint) == 32


def test_look_ends_between_its_steps_when_it_shall(small: Pair) -> None:
    answers = iter([True, False])

    with pytest.raises(StoppedError):
        look.look(task(small), None, lambda: next(answers))


def test_damaged_photo_is_refused_before_anything_is_sought(small: Pair) -> None:
    with pytest.raises(ImageRefusedError):
        seen_of(task(small, after=b"no picture"))


def test_pages_that_look_alike_are_nominated_nearest_first() -> None:
    own = bytes(32)
    others = [("far", b"\xff" * 32), ("near", b"\x0f" + bytes(31)), ("same", bytes(32))]

    assert nominees(own, others) == ("same", "near")


@needs_reader
@pytest.mark.slow
def test_document_and_seal_are_read_beside_what_was_applied_for(large: Pair, reader: Any) -> None:
    names = {"committee": "村民委员会章", "branch": "党支部章"}

    seen = seen_of(task(large, register=(OWN, BRANCH), names=names), reader)

    assert seen.reader_present
    assert [(one.name, one.verdict, one.why) for one in seen.fields] == [
        ("title", "match", "same"),
        ("party", "match", "same"),
        ("amount", "match", "same"),
    ]
    assert seen.verdict == "match"
    assert all(one.corners is not None and len(one.corners) == 4 for one in seen.fields)
    (seal,) = seen.seals
    assert (seal.registered, seal.name, seal.verdict) == ("committee", "村民委员会章", "match")
    assert seal.score is not None and seal.score > 0.8


@needs_reader
@pytest.mark.slow
def test_seal_that_reads_as_none_of_the_register_is_foreign(large: Pair, reader: Any) -> None:
    other = structs.replace(OWN, ring_text="某某县某某镇杨柳村村民委员会")

    seen = seen_of(task(large, Asked(), register=(other, BRANCH)), reader)

    assert [one.verdict for one in seen.seals] == ["foreign"]
    assert (seen.fields, seen.verdict) == ((), None)


def field(name: str, verdict: document_fields.Verdict) -> Field:
    return Field(name, verdict, Why.SAME, "wanted", "read", 1.0, 0)


@pytest.mark.parametrize(
    ("said", "exact", "several", "verdict", "words"),
    [
        ("title:no party:yes", (), False, "match", "unclear match"),
        ("title:no party:yes", ("title",), False, "mismatch", "mismatch match"),
        ("org:no amount:no", (), False, "mismatch", "unclear mismatch"),
        ("party:yes amount:no", (), True, "unclear", "match unclear"),
        ("title:no", (), False, "unclear", "unclear"),
        ("title:yes", (), False, "match", "match"),
    ],
)
def test_difference_proves_nothing_where_papers_may_say_it_otherwise(
    said: str, exact: Any, several: bool, verdict: str, words: str
) -> None:
    found = {"yes": document_fields.Verdict.MATCH, "no": document_fields.Verdict.MISMATCH}
    fields = [field(name, found[how]) for name, how in (one.split(":") for one in said.split())]

    weighed, told = weigh(fields, Asked(several=several), frozenset(exact))

    assert " ".join(one.verdict for one in weighed) == words
    assert told == verdict


@pytest.mark.parametrize(
    ("permitted", "chosen", "foreign", "verdict"),
    [
        ("committee", "committee", False, "match"),
        ("committee", "branch", False, "other"),
        ("committee", None, True, "foreign"),
        ("committee", None, False, "unclear"),
        ("finance", "branch", False, "unclear"),  # its own looks are not known
        ("finance", None, True, "unclear"),
    ],
)
def test_new_impression_is_judged_by_the_seal_of_the_permit(
    permitted: str, chosen: str | None, foreign: bool, verdict: str
) -> None:
    assert judge_seal(permitted, (OWN, BRANCH), chosen, foreign) == verdict
    assert judge_seal(permitted, (), chosen, foreign) is None


def written(text: str) -> Written:
    return Written(text, (1.0,) * len(text), (0,) * len(text))


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading(ring=written("某某村"), line=written("财务专用章")), "某某村 财务专用章"),
        (Reading(ring=written("某某村"), line=UNREAD), "某某村"),
        (Reading(ring=written("某某村"), line=None), "某某村"),
        (Reading(ring=written(""), line=written("")), None),
        (None, None),
    ],
)
def test_words_of_a_seal_are_ring_and_line(reading: Reading | None, words: str | None) -> None:
    assert words_of(reading) == words
