"""How many impressions of each kind are left, and which pages of a pile were shown."""

from __future__ import annotations

import hashlib

import pytest

from device import permits, seams
from device.errors import PermitRefusedError
from device.seams import Left
from device.verdicts import gravest

JPEGS = (b"one", b"two", b"three")
PAGES = [hashlib.sha256(one).hexdigest() for one in JPEGS]


@pytest.mark.parametrize(
    ("spent", "seams_spent", "expected"),
    [
        (0, 0, (2, 1)),
        (1, 0, (1, 1)),
        (1, 1, (2, 0)),
        (2, 0, (0, 1)),
        (3, 1, (0, 0)),
        (3, 0, (0, 0)),  # an incident of the ordinary ones may hide more than was left
        (2, 2, (1, 0)),
        (5, 4, (0, 0)),
    ],
)
def test_what_is_left_of_three_with_one_seam_stamp(
    spent: int, seams_spent: int, expected: tuple[int, int]
) -> None:
    found = seams.left(3, 1, spent, seams_spent)

    assert (found.plain, found.seams) == expected


@pytest.mark.parametrize(
    ("plain", "left", "wanted", "expected"),
    [(1, 1, False, False), (1, 1, True, True), (0, 1, False, True), (1, 0, True, False)],
)
def test_the_next_one_is_as_wanted_where_both_kinds_are_left(
    plain: int, left: int, wanted: bool, expected: bool
) -> None:
    assert Left(plain=plain, seams=left).is_seam(wanted) is expected


@pytest.mark.parametrize(
    ("seam", "plain", "left", "reason"),
    [
        (True, 2, 0, "seams-used-up"),
        (False, 0, 1, "copies-used-up"),
        (True, 0, 1, ""),
        (False, 1, 0, ""),
    ],
)
def test_an_impression_is_refused_when_none_of_its_kind_is_left(
    seam: bool, plain: int, left: int, reason: str
) -> None:
    found = ""
    try:
        permits.check_kind(seam, Left(plain=plain, seams=left))
    except PermitRefusedError as error:
        found = error.reason

    assert found == reason


def test_a_pile_is_complete_when_each_page_was_seen_once() -> None:
    pile = seams.pile(PAGES)
    for page in (JPEGS[1], JPEGS[1], JPEGS[0], b"another"):
        pile = pile.with_page(page, unclear=False)

    assert not pile.complete
    assert pile.to_compare() == [PAGES[2], PAGES[0], PAGES[1]]
    assert pile.with_page(JPEGS[2], unclear=True).complete
    assert pile.with_page(JPEGS[2], unclear=True).unclear


def test_a_mark_over_the_edge_is_said_unless_it_was_meant() -> None:
    findings = ("page-same", "impression-seen", "impression-seam")

    assert gravest(findings) == "impression-seam"
    assert gravest(findings, seam=True) == ""
    assert gravest((*findings, "page-other"), seam=True) == "page-other"
