"""Where a seal is, as its entries say."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from ledger import custody
from ledger.custody import Place, Standing
from ledger.records import Party, Record
from ledger.records_custody import Hatch, Purpose, SealState, TakeOut

H = "a" * 64
SEAL = "committee"


def hatch(step: Any, purpose: Purpose, **more: Any) -> Hatch:
    """Return a machine's entry about its hatch."""
    return Hatch(
        step=step, permit="h-1", seal=SEAL, purpose=purpose, by="c-1", second="k-1", **more
    )


def after(
    *bodies: tuple[Record, Party] | Record, start: Standing = custody.NEVER_TOUCHED
) -> Standing:
    """Return where the seal is after these entries; the machine's where no party is named."""
    for one in bodies:
        body, party = one if isinstance(one, tuple) else (one, "device")
        start = custody.follow(start, body, party, H, 1000)
    return start


def opened_and_shut(purpose: Purpose, *, present: bool) -> tuple[Hatch, Hatch]:
    """Return the two entries of one opening."""
    return hatch("opened", purpose, strokes_before=4), hatch("closed", purpose, present=present)


def test_seal_that_no_entry_names_is_in_its_machine_and_stamps() -> None:
    assert after().place == "in"
    assert after().trouble == ""


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_nothing_is_stamped_while_the_hatch_is_open(purpose: Purpose) -> None:
    standing = after(hatch("opened", purpose))

    assert standing.trouble == "seal-handled"
    assert not any(custody.fits(standing, one) for one in get_args(Purpose))


@pytest.mark.parametrize(
    ("purpose", "present", "place"),
    [
        ("takeout", False, "out"),
        ("takeout", True, "in"),
        ("seal-out", True, "in"),
        ("seal-out", False, "removed"),
        ("service", True, "in"),
        ("service", False, "removed"),
        ("handover", True, "in"),
        ("seal-in", True, "in"),
        ("seal-in", False, "removed"),
    ],
)
def test_shut_hatch_leaves_the_seal_where_its_purpose_puts_it(
    purpose: Purpose, present: bool, place: Place
) -> None:
    standing = after(*opened_and_shut(purpose, present=present))

    assert standing.place == place
    assert (standing.trouble == "") == (place == "in")


def test_seal_that_went_out_names_its_day_of_return_until_it_is_back() -> None:
    opening, closing = opened_and_shut("takeout", present=False)
    out = TakeOut(
        step="out", permit="h-1", seal=SEAL, hatch=H, by="c-1", second="k-1", until_ms=5000
    )

    away = after(opening, out, closing)
    back = after(*opened_and_shut("return", present=True), start=away)

    assert (away.place, away.until_ms, away.taken) == ("out", 5000, H)
    assert (back.place, back.until_ms, back.taken) == ("in", None, "")


def test_seal_that_did_not_come_back_stays_out_until_its_day() -> None:
    out = TakeOut(
        step="out", permit="h-1", seal=SEAL, hatch=H, by="c-1", second="k-1", until_ms=5000
    )
    opening, closing = opened_and_shut("takeout", present=False)
    away = after(opening, out, closing)

    still = after(*opened_and_shut("return", present=False), start=away)

    assert (still.place, still.until_ms, still.taken) == ("out", 5000, H)


def test_lost_seal_stays_lost_whatever_is_opened_and_shut() -> None:
    lost = after(SealState(state="lost", seal=SEAL, by="c-1"))

    assert after(*opened_and_shut("service", present=True), start=lost).place == "lost"


def test_found_seal_is_put_in_anew_before_it_stamps() -> None:
    found = SealState(state="found", seal=SEAL, by="b-1", second="b-2", machine="m-1")

    standing = after(SealState(state="lost", seal=SEAL, by="c-1"), (found, "gateway"))

    assert standing.place == "removed"
    assert custody.fits(standing, "seal-in")


@pytest.mark.parametrize("state", ["found", "void"])
def test_one_person_alone_changes_nothing_but_loss(state: Any) -> None:
    lost = after(SealState(state="lost", seal=SEAL, by="c-1"))
    alone = SealState(state=state, seal=SEAL, by="b-1", machine="m-1")

    assert after((alone, "gateway"), start=lost) == lost


@pytest.mark.parametrize("state", ["found", "void"])
def test_machine_cannot_say_that_a_lost_seal_is_found_or_void(state: Any) -> None:
    lost = after(SealState(state="lost", seal=SEAL, by="c-1"))

    assert after(SealState(state=state, seal=SEAL, by="c-1", second="k-1"), start=lost) == lost


def test_gateway_cannot_say_that_a_hatch_was_opened_or_shut() -> None:
    opening, closing = opened_and_shut("takeout", present=False)

    assert after((opening, "gateway"), (closing, "gateway")).place == "in"


def test_void_seal_is_never_anything_else() -> None:
    void = after(
        (SealState(state="void", seal=SEAL, by="b-1", second="b-2", machine="m-1"), "gateway")
    )
    found = SealState(state="found", seal=SEAL, by="b-1", second="b-2", machine="m-1")

    later = after(
        SealState(state="lost", seal=SEAL, by="c-1"),
        (found, "gateway"),
        *opened_and_shut("seal-out", present=False),
        start=void,
    )

    assert (later.place, later.trouble) == ("void", "seal-void")
    assert not custody.fits(later, "seal-in")


def test_counter_of_the_first_opening_counts_when_the_hatch_is_freed_again() -> None:
    standing = after(
        hatch("opened", "service", strokes_before=4), hatch("opened", "service", strokes_before=6)
    )

    assert standing.strokes == 4
