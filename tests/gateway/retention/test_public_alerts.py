"""An alert or case says nothing in public before its closing does, and never who."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from gateway.commands import AssignCase, CloseCase, NoteCase, OpenCase
from gateway.stores.views import Alert, Finding
from ledger import codec, envelope

Town = Any
CHAIN = {"gateway", "epoch", "seq", "prev", "boot", "at_ms", "mark", "kind"}
ALERT = CHAIN | {"alert", "about_commitment", "finding_commitment"}
STEP = CHAIN | {"case", "alert", "step", "by_commitment", "text_commitment"}
MEANING = {"rule", "severity", "entry", "machine"}


def raised(town: Town, entry: str) -> str:
    """Raise an alert about an entry and return its id."""
    alert = Alert(
        code="over-count",
        severity="red",
        machine="m-1",
        entry=entry,
        finding=Finding(key="finding.over-count", values={"made": 3}),
        key=f"over-count/{entry}",
    )
    with town.public.transaction(town.store, town.now_ms) as transaction:
        assert town.log.raise_alert(transaction, alert, town.now_ms)
        assert not town.log.raise_alert(transaction, alert, town.now_ms)
        return str(transaction.alerts()[0].alert)


def leaves(town: Town, kind: str) -> list[dict[str, Any]]:
    """Return what the leaves of a kind say in public."""
    found = [one.envelope for one in town.entries() if one.kind == kind]
    return [json.decode(envelope.parse(raw).payload) for raw in found]


@pytest.fixture
def handled(staffed: Town, decided: str) -> str:
    """Return a case with every step but the closing."""
    alert = raised(staffed, decided)
    case = staffed.order(OpenCase(by="audit-1", alert=alert, note="张三多盖了一份")).answer
    staffed.order(AssignCase(by="audit-1", case=case, to="audit-2"))
    staffed.order(NoteCase(by="audit-2", case=case, note="已核实"))
    return str(case)


def test_open_alert_publishes_that_it_exists_and_nothing_else(
    staffed: Town, decided: str, handled: str
) -> None:
    (alert,) = leaves(staffed, "alert")
    steps = leaves(staffed, "case")

    assert alert.keys() == ALERT
    assert [one["step"] for one in steps] == ["opened", "assigned", "noted"]
    assert all(one.keys() == STEP for one in steps)
    said = json.encode([alert, *steps]).decode()
    for secret in ("over-count", "red", "m-1", decided, "audit-1", "audit-2", "张三"):
        assert secret not in said


def test_staff_see_all_of_it(staffed: Town, decided: str, handled: str) -> None:
    with staffed.store.reader() as reader:
        (alert,) = reader.alerts()
        case = reader.case(handled)

    assert (alert.code, alert.severity, alert.machine) == ("over-count", "red", "m-1")
    assert alert.entry == decided
    assert [one.by for one in case.steps] == ["audit-1", "audit-1", "audit-2"]
    assert case.assigned_to == "audit-2"


def test_id_of_an_alert_cannot_be_worked_out_from_rule_and_entry(
    staffed: Town, decided: str, handled: str
) -> None:
    (alert,) = leaves(staffed, "alert")

    guesses = {codec.sha256(f"over-count/{decided}".encode()), codec.sha256(decided.encode())}

    assert not any(alert["alert"] in one or one[:24] in alert["alert"] for one in guesses)
    other = Alert(
        code="gap",
        severity="red",
        machine="m-1",
        entry=None,
        finding=Finding(key="finding.gap", values={}),
        key="gap/m-1",
    )
    names = []
    for _ in range(2):  # the same alert in a store that forgot the first
        with pytest.raises(ZeroDivisionError), staffed.store.transaction() as transaction:
            staffed.log.raise_alert(transaction, other, staffed.now_ms)
            names.append(transaction.alerts()[0].alert)
            raise ZeroDivisionError
    assert names[0] != names[1]


def test_closing_publishes_nothing_unless_it_says_so(staffed: Town, handled: str) -> None:
    staffed.order(CloseCase(by="audit-1", case=handled, note="误报"))

    assert leaves(staffed, "case")[-1].keys() == STEP


def test_closing_that_says_so_publishes_what_it_was_about_and_no_person(
    staffed: Town, decided: str, handled: str
) -> None:
    staffed.order(CloseCase(by="audit-1", case=handled, note="已处理张三", publish=True))

    closed = leaves(staffed, "case")[-1]
    assert closed.keys() == STEP | MEANING
    assert (closed["rule"], closed["severity"], closed["entry"], closed["machine"]) == (
        "over-count",
        "red",
        decided,
        "m-1",
    )
    assert "audit-1" not in json.encode(closed).decode()


def test_alert_whose_opening_was_lost_is_red_and_says_so(
    staffed: Town, decided: str, handled: str
) -> None:
    with staffed.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM openings")
        transaction.rebuild()

    with staffed.store.reader() as reader:
        (alert,) = reader.alerts(severity="red")

    assert (alert.code, alert.severity, alert.entry) == ("opening-missing", "red", None)
