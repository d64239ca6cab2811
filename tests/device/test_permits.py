"""Permits: each reason to refuse, and the nearest case that is good."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from device import permits, warrants
from device.errors import PermitRefusedError
from device.permits import Moment
from ledger.records import Permit
from ledger.records_permits import EmergencyPermit

PERMIT = Permit(
    permit="p-1",
    scope="document",
    machine="m-1",
    seal="s-1",
    matter="CM-09",
    list_version=1,
    impressions=2,
    not_before_ms=1000,
    not_after_ms=2000,
    request="a" * 64,
    approvals=("b" * 64,),
)
MOMENT = Moment(machine="m-1", seal="s-1", request="a" * 64, at_ms=1500, proved=True)


def refusal(permit: Permit = PERMIT, spent: int = 0, revoked: bool = False, **at: Any) -> str:
    """Return why the permit is refused, "" if it is good."""
    try:
        permits.check(permit, structs.replace(MOMENT, **at), spent, revoked)
    except PermitRefusedError as error:
        return error.reason
    return ""


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ({"machine": "m-2"}, "wrong-machine"),
        ({"seal": "s-2"}, "wrong-seal"),
        ({"request": "c" * 64}, "wrong-request"),
        ({"at_ms": 999}, "permit-too-early"),
        ({"at_ms": 1000}, ""),
        ({"at_ms": 2000}, ""),
        ({"at_ms": 2001}, "permit-expired"),
        ({"proved": False}, "time-unproved"),
    ],
)
def test_place_and_time_must_be_the_permits(at: dict[str, Any], reason: str) -> None:
    assert refusal(**at) == reason


def test_the_last_impression_is_allowed_and_the_next_is_not() -> None:
    assert refusal(spent=1) == ""
    assert refusal(spent=2) == "permit-used-up"


def test_a_revoked_permit_is_refused() -> None:
    assert refusal(revoked=True) == "permit-revoked"


def test_a_permit_without_beginning_works_without_a_proven_clock() -> None:
    permit = structs.replace(PERMIT, not_before_ms=None)

    assert refusal(permit, proved=False) == ""
    assert refusal(permit, proved=False, at_ms=2001) == "permit-expired"


@pytest.mark.parametrize(
    ("operator", "reason"),
    [("chair", "operator-approved"), ("chair-2", "operator-approved"), ("clerk", "")],
    ids=["the approver", "another account of the approver", "somebody else"],
)
def test_no_person_presses_who_approved(operator: str, reason: str) -> None:
    warrant = warrants.of_permit(PERMIT, ("chair",))
    persons = {"chair": "zhao", "chair-2": "zhao", "clerk": "wang"}

    try:
        permits.check_operator(warrant, operator, lambda account: persons[account])
        found = ""
    except PermitRefusedError as error:
        found = error.reason

    assert found == reason


def test_the_holders_of_emergency_codes_do_not_press() -> None:
    permit = EmergencyPermit(
        permit="x-1", terms="e-1", codes=("k-1", "k-2"), approvers=("chair", "chief"),
        request="a" * 64, seal="s-1", matter="CM-09", list_version=1, impressions=1,
        not_after_ms=2000, reason="medical", reason_commitment="c" * 64, by="clerk",
    )  # fmt: skip

    with pytest.raises(PermitRefusedError, match="operator-approved"):
        permits.check_operator(warrants.of_emergency(permit, "m-1"), "chief", str)
