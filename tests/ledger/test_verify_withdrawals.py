"""A request that its machine took back is neither permitted nor stamped in a sound log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.public_log import SEAL
from ledger import records
from tests.ledger.public_town import Township, found

H = "a" * 64


@pytest.fixture
def town() -> Township:
    return Township(2)


def request(town: Township, **fields: Any) -> str:
    """Ask for two impressions at the first machine."""
    body = records.SealRequest(
        seal=SEAL, matter="CM-09", list_version=3, copies=2, pages_count=1, filed_by="c-wang",
        applicant_commitment=H, applicant_masked_commitment=H, purpose_commitment=H,
        payee_commitment=H, amount_commitment=H, pages_commitment=H, **fields,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def withdraw(town: Township, request: str, machine: int = 0, by: str | None = "c-wang") -> None:
    """Take a request back at a machine; without `by` it refuses something about it."""
    body = records.Refusal(
        about=request, permit=None, matter="CM-09", seal=SEAL, reason="withdrawn", list_version=3,
        filed_by="c-wang", text_commitment=None, by=by,
    )  # fmt: skip
    town.add(town.machines[machine], body)


def permit(town: Township, request: str) -> None:
    """Approve a request."""
    approval = town.add(
        town.gateway,
        records.Approval(
            request=request, approver="a-li", office="approver", decision="approve",
            evidence="password-session", note_commitment=H,
        ),
    )  # fmt: skip
    body = records.Permit(
        permit="p-1", scope="document", machine=town.machines[0].name, seal=SEAL, matter="CM-09",
        list_version=3, impressions=2, not_before_ms=None, not_after_ms=town.now_ms * 2,
        request=request, approvals=(approval,),
    )  # fmt: skip
    town.add(town.gateway, body)


def press(town: Township, n: int) -> None:
    """Reserve an impression under the permit, and give it back."""
    intent = records.Intent(
        permit="p-1", n=n, of=2, seal=SEAL, page="c" * 64, operator="c-wang", counter_before=41,
        controller="B",
    )  # fmt: skip
    reserved = town.add(town.machines[0], intent)
    town.add(town.machines[0], records.Void(intent=reserved, evidence="counter"))


def test_a_request_that_was_taken_back_and_left_alone_is_sound(
    town: Township, tmp_path: Path
) -> None:
    asked = request(town)
    permit(town, asked)
    press(town, 1)
    withdraw(town, asked)

    assert found(town, tmp_path) == []


def test_a_press_after_the_withdrawal_is_found(town: Township, tmp_path: Path) -> None:
    asked = request(town)
    permit(town, asked)
    withdraw(town, asked)
    press(town, 1)

    assert found(town, tmp_path) == ["request-withdrawn"]


def test_a_permit_after_the_withdrawal_is_found(town: Township, tmp_path: Path) -> None:
    asked = request(town)
    withdraw(town, asked)
    permit(town, asked)

    assert found(town, tmp_path) == ["request-withdrawn"]


def test_a_machine_takes_back_none_but_its_own_requests(town: Township, tmp_path: Path) -> None:
    asked = request(town)
    withdraw(town, asked, machine=1)
    permit(town, asked)
    press(town, 1)

    assert found(town, tmp_path) == []


def test_a_refusal_that_names_nobody_takes_nothing_back(town: Township, tmp_path: Path) -> None:
    asked = request(town)
    withdraw(town, asked, by=None)
    permit(town, asked)

    assert found(town, tmp_path) == []
