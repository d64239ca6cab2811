"""The custody book: one line for each opening and for each seal that was lost, found or voided."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import custody_book
from gateway.audit.custody_book import BookRow
from gateway.audit.reports import Period
from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal
from ledger.records_custody import Handover, Hatch, Service, TakeOut

Town = Any
DAY_MS = 24 * 3600 * 1000
SEAL = "committee"
TWO = {"by": "clerk-1", "second": "keeper-1"}


@pytest.fixture
def keeping(desk: Town) -> Town:
    """Return the desk with a second person of the township and a keeper."""
    desk.account("checker", "auditor")
    desk.account("keeper-1", "keeper")
    return desk


def permitted(town: Town, purpose: Any) -> str:
    ask = AskHatch(
        by="chief", machine="m-1", seal=SEAL, purpose=purpose, days=3, reason="送县里年检"
    )
    permit = str(town.order(ask).answer)
    town.order(PermitHatch(by="checker", permit=permit))
    return permit


def says(town: Town, body: Any) -> str:
    """Have the machine send an entry; return its hash."""
    town.now_ms += 1000
    machine = town.machines["m-1"]
    town.take(machine.message(machine.sign(body, town.now_ms)))
    return str(machine.head.sha256)


def opened(town: Town, permit: str, purpose: Any) -> str:
    hatch = Hatch(step="opened", permit=permit, seal=SEAL, purpose=purpose, **TWO, strokes_before=4)
    return says(town, hatch)


def closed(town: Town, permit: str, purpose: Any, **changes: Any) -> None:
    fields = {"present": True, "counted": 0, **changes}
    says(
        town,
        Hatch(step="closed", permit=permit, seal=SEAL, purpose=purpose, **TWO, strokes_before=4,
              strokes_after=4, proof="counter", **fields),
    )  # fmt: skip


def taken_out(town: Town) -> str:
    """Take the seal out for three days; return the hash of the entry."""
    permit = permitted(town, "takeout")
    hatch = opened(town, permit, "takeout")
    out = TakeOut(step="out", permit=permit, seal=SEAL, hatch=hatch, **TWO, from_ms=town.now_ms,
                  until_ms=town.now_ms + 3 * DAY_MS)  # fmt: skip
    taken = says(town, out)
    closed(town, permit, "takeout", present=False)
    return taken


def brought_back(town: Town, taken: str, check: Any = "sound") -> None:
    permit = permitted(town, "return")
    hatch = opened(town, permit, "return")
    says(
        town,
        TakeOut(step="returned", permit=permit, seal=SEAL, hatch=hatch, **TWO, taken=taken,
                check=check),
    )  # fmt: skip
    closed(town, permit, "return", counted=1, unsampled="no-photo")


def lines(town: Town, machines: frozenset[str] | None = None) -> tuple[BookRow, ...]:
    with town.store.reader() as reader:
        period = Period(from_ms=0, to_ms=town.now_ms + DAY_MS, machines=machines)
        return custody_book.book(reader, period)


def test_take_out_is_one_line_with_who_agreed_who_was_there_and_when_it_is_due(
    keeping: Town,
) -> None:
    taken_out(keeping)

    (line,) = lines(keeping)

    assert (line.what, line.seal, line.machine) == ("takeout", SEAL, "m-1")
    assert (line.asked_by, line.permitted_by, line.reason) == ("chief", "checker", "送县里年检")
    assert line.present == ("clerk-1", "keeper-1")
    assert line.due_ms is not None and line.returned_ms is None
    assert line.remarks == ("absent",)


def test_return_is_a_line_and_stands_in_the_line_of_its_take_out(keeping: Town) -> None:
    brought_back(keeping, taken_out(keeping), "damaged")

    out, back = lines(keeping)

    assert out.returned_ms is not None and out.returned_ms > out.at_ms
    assert (back.what, back.remarks, back.counted) == ("return", ("damaged", "no-photo"), 1)
    assert back.returned_ms is None


def test_return_of_another_take_out_leaves_this_one_out(keeping: Town) -> None:
    taken_out(keeping)
    brought_back(keeping, "f" * 64)

    out, _ = lines(keeping)

    assert out.returned_ms is None


def test_handover_names_giver_receiver_and_witness(keeping: Town) -> None:
    permit = permitted(keeping, "handover")
    hatch = opened(keeping, permit, "handover")
    body = Handover(
        permit=permit, seal=SEAL, hatch=hatch, giver="keeper-1", receiver="clerk-1", witness="chair"
    )
    says(keeping, body)
    closed(keeping, permit, "handover")

    (line,) = lines(keeping)

    assert line.present == ("keeper-1", "clerk-1", "chair")


def test_service_says_its_works_and_putting_in_and_taking_out_are_lines_of_their_own(
    keeping: Town,
) -> None:
    for purpose in ("service", "seal-out", "seal-in"):
        permit = permitted(keeping, purpose)
        hatch = opened(keeping, permit, purpose)
        if purpose == "service":
            works = Service(permit=permit, seal=SEAL, hatch=hatch, technician="clerk-1",
                            second="keeper-1", works=("ink", "cleaning"))  # fmt: skip
            says(keeping, works)
        closed(keeping, permit, purpose, present=purpose != "seal-out")

    found = [(one.what, one.remarks) for one in lines(keeping)]

    assert found == [("service", ("ink", "cleaning")), ("seal-out", ("absent",)), ("seal-in", ())]


def test_opening_that_went_on_after_a_restart_is_one_line_that_is_not_settled(
    keeping: Town,
) -> None:
    permit = permitted(keeping, "service")
    first = opened(keeping, permit, "service")
    opened(keeping, permit, "service")

    (line,) = lines(keeping)

    with keeping.store.reader() as reader:
        entry = reader.entry(line.index)
    assert entry.sha256 == first
    assert line.remarks == ("open",) and line.counted is None


def test_opening_without_a_permit_says_so(keeping: Town) -> None:
    opened(keeping, "h-unknown", "service")

    (line,) = lines(keeping)

    assert line.asked_by is None and "no-permit" in line.remarks


def test_loss_is_a_line_at_once_and_what_is_found_or_void_when_another_has_confirmed(
    keeping: Town,
) -> None:
    state = {"machine": "m-1", "seal": SEAL}
    keeping.order(StateSeal(by="chief", **state, state="lost", reason="搬家时丢了"))
    found = keeping.order(StateSeal(by="chief", **state, state="found", reason="在柜里")).answer
    waiting = [one.what for one in lines(keeping)]

    keeping.order(ConfirmSeal(by="checker", asked=found))

    assert waiting == ["lost"]
    lost, again = lines(keeping)
    assert (lost.reason, lost.asked_by, lost.permitted_by) == ("搬家时丢了", "chief", None)
    assert (again.what, again.reason, again.permitted_by) == ("found", "在柜里", "checker")


def test_only_machines_and_days_that_are_asked_for_are_in_it(keeping: Town) -> None:
    taken_out(keeping)

    with keeping.store.reader() as reader:
        before = custody_book.book(reader, Period(from_ms=0, to_ms=1, machines=None))

    assert before == () and lines(keeping, frozenset({"m-2"})) == ()
    assert len(lines(keeping, frozenset({"m-1"}))) == 1
