"""Each impression is permitted, and permits rest on approvals: what is found, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.public_log import DAY_MS, SEAL
from ledger import codec, envelope, records
from tests.ledger.public_town import Township, audit, codes, found


@pytest.fixture
def town() -> Township:
    return Township(2)


def test_permits_are_counted(town: Township, tmp_path: Path) -> None:
    machine = town.machines[0]
    permit = town.permit(machine, impressions=2)
    town.use(machine, permit, 1, 2)
    town.use(machine, permit, 2, 2)
    assert found(town, tmp_path / "a") == []

    town.use(machine, permit, 2, 2)

    assert found(town, tmp_path / "b") == ["permit-over"]


def test_a_void_gives_the_impression_back(town: Township, tmp_path: Path) -> None:
    machine = town.machines[0]
    permit = town.permit(machine)
    intent = town.intent(machine, permit)
    town.add(machine, records.Void(intent=intent, evidence="counter"))
    town.use(machine, permit)

    assert found(town, tmp_path) == []


def _incident(intent: str, least: int, most: int) -> records.Incident:
    return records.Incident(
        intent=intent, seal=SEAL, code="outcome-unknown", impressions_min=least,
        impressions_max=most, held=True, photos=(), text_commitment=None,
    )  # fmt: skip


def test_an_incident_spends_all_it_may_hide_until_it_is_counted(
    town: Township, tmp_path: Path
) -> None:
    machine = town.machines[0]
    permit = town.permit(machine, impressions=2)
    incident = town.add(machine, _incident(town.intent(machine, permit, 1, 2), 0, 2))
    town.add(
        town.gateway,
        records.HoldRelease(machine=machine.name, hold=incident, impressions=0, by="a-li"),
    )
    town.use(machine, permit, 1, 2)
    town.use(machine, permit, 2, 2)
    assert found(town, tmp_path / "a") == []

    second = town.permit(machine, impressions=2)
    town.add(machine, _incident(town.intent(machine, second, 1, 2), 0, 2))
    town.use(machine, second, 2, 2)

    assert found(town, tmp_path / "b") == ["permit-over"]


def test_a_use_without_permit_or_intent_is_found(town: Township, tmp_path: Path) -> None:
    machine = town.machines[0]
    town.use(machine, "p-none")
    permit = town.permit(machine)
    town.use(machine, permit)
    last = codec.sha256(b"no such intent")
    body = records.Void(intent=last, evidence="counter")
    town.add(machine, body)

    assert found(town, tmp_path) == ["permit-unknown", "intent-unknown"]


def test_what_the_log_alerted_about_is_only_counted(town: Township, tmp_path: Path) -> None:
    machine = town.machines[0]
    intent = town.intent(machine, "p-none")
    town.add(
        town.gateway,
        records.AlertRecord(
            alert="al-1", rule="no-permit", severity="red", entry=intent, machine=machine.name,
            finding_commitment="a" * 64,
        ),
    )  # fmt: skip
    town.publish(tmp_path)

    report = audit(tmp_path, town)

    assert codes(report) == []
    assert [(notice.code, notice.count) for notice in report.notices] == [("alerted", 1)]


@pytest.mark.parametrize(
    ("days", "expected"), [(29, []), (31, ["permit-late"])], ids=["in time", "late"]
)
def test_a_permit_ends_at_its_time(
    town: Township, tmp_path: Path, days: int, expected: list[str]
) -> None:
    permit = town.permit(town.machines[0])
    town.now_ms += days * DAY_MS
    town.use(town.machines[0], permit)

    assert found(town, tmp_path) == expected


def test_a_permit_is_for_one_machine(town: Township, tmp_path: Path) -> None:
    town.use(town.machines[1], town.permit(town.machines[0]))

    assert found(town, tmp_path) == ["permit-mismatch"]


@pytest.mark.parametrize(("late_s", "expected"), [(30, []), (120, ["permit-revoked"])])
def test_a_revoked_permit_ends_once_the_machine_heard_from_the_gateway(
    town: Township, tmp_path: Path, late_s: int, expected: list[str]
) -> None:
    machine = town.machines[0]
    permit = town.permit(machine)
    town.add(
        town.gateway,
        records.Revocation(permit=permit, machine=machine.name, by="a-li", reason="mistake"),
    )
    town.now_ms += late_s * 1000
    town.use(machine, permit)

    assert found(town, tmp_path) == expected


def _approve(town: Township, request: str, approver: str, decision: str = "approve") -> str:
    body = records.Approval(
        request=request, approver=approver, office="approver", decision=decision,  # type: ignore[arg-type]
        evidence="password-session", note_commitment="a" * 64,
    )  # fmt: skip
    return town.add(town.gateway, body)


@pytest.mark.parametrize(
    ("approvers", "decision", "expected"),
    [
        (["a-li", "a-liu"], "approve", []),
        (["a-li", "a-li"], "approve", ["separation"]),
        (["c-wang"], "approve", ["separation"]),
        (["a-li"], "refuse", ["approval-missing"]),
        ([], "approve", ["approval-missing"]),
    ],
)
def test_a_permit_rests_on_approvals_by_others(
    town: Township, tmp_path: Path, approvers: list[str], decision: str, expected: list[str]
) -> None:
    machine = town.machines[0]
    town.permit(machine)
    request = _last_request(town)
    approvals = tuple(_approve(town, request, who, decision) for who in approvers)
    body = records.Permit(
        permit="p-own", scope="document", machine=machine.name, seal=SEAL, matter="CM-09",
        list_version=3, impressions=1, not_before_ms=None, not_after_ms=town.now_ms + DAY_MS,
        request=request, approvals=approvals,
    )  # fmt: skip
    town.add(town.gateway, body)

    assert found(town, tmp_path) == expected


def _last_request(town: Township) -> str:
    payloads = [envelope.parse(raw).payload for raw in town.entries]
    return [codec.sha256(one) for one in payloads if b'"kind":"request"' in one][-1]
