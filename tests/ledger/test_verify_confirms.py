"""Impressions that an approver releases one by one, in a public log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.public_log import SEAL
from ledger import records
from ledger.records_confirms import Form, ImpressionAsk, ImpressionConfirm
from tests.ledger.public_town import Township, found

H = "a" * 64
PHOTO = "c" * 64  # what the public town's intents name


@pytest.fixture
def town() -> Township:
    """A permit whose impressions are released one by one."""
    made = Township(1)
    request = made.add(
        made.machines[0],
        records.SealRequest(
            seal=SEAL, matter="CM-09", list_version=3, copies=2, pages_count=1,
            filed_by="c-wang", applicant_commitment=H, applicant_masked_commitment=H,
            purpose_commitment=H, payee_commitment=H, amount_commitment=H, pages_commitment=H,
        ),
    )  # fmt: skip
    approval = made.add(
        made.gateway,
        records.Approval(
            request=request, approver="a-li", office="approver", decision="approve",
            evidence="password-session", note_commitment=H,
        ),
    )  # fmt: skip
    made.add(
        made.gateway,
        records.Permit(
            permit="p-1", scope="document", machine="m-1", seal=SEAL, matter="CM-09",
            list_version=3, impressions=2, not_before_ms=None, not_after_ms=made.now_ms * 2,
            request=request, approvals=(approval,), confirm="each-impression",
        ),
    )  # fmt: skip
    return made


def release(town: Township, n: int = 1, form: Form = "plain", **changes: Any) -> None:
    """Ask for an impression of a kind and release it."""
    photo = records.PhotoRef(sha256=PHOTO, size=1, sealed_sha256=H, sealed_size=1)
    ask = town.add(
        town.machines[0],
        ImpressionAsk(
            permit="p-1", request=H, n=n, seal=SEAL, before=photo, operator="c-wang",
            until_ms=town.now_ms + 120_000, form=form,
        ),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "ask": ask,
        "machine": "m-1",
        "permit": "p-1",
        "n": n,
        "photo": PHOTO,
        "decision": "release",
        "not_after_ms": town.now_ms + 3_600_000,
        "by": "a-li",
        **changes,
    }
    town.add(town.gateway, ImpressionConfirm(**fields))


def test_each_impression_needs_a_release_of_its_own(town: Township, tmp_path: Path) -> None:
    release(town)
    town.use(town.machines[0], "p-1", 1, 2)
    assert found(town, tmp_path / "a") == []

    town.use(town.machines[0], "p-1", 2, 2)

    assert found(town, tmp_path / "b") == ["approval-missing"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"photo": "b" * 64}, "approval-missing"),
        ({"n": 2}, "approval-missing"),
        ({"decision": "refuse"}, "approval-missing"),
        ({"not_after_ms": 1}, "approval-missing"),
        ({"by": "a-wu"}, "separation"),
        ({"form": "seam"}, "approval-missing"),
        ({"form": "make-up"}, "approval-missing"),
        ({"ask": "b" * 64}, "approval-missing"),
    ],
)
def test_a_release_of_anything_else_is_none(
    town: Township, tmp_path: Path, changes: Any, expected: str
) -> None:
    release(town, **changes)
    town.use(town.machines[0], "p-1", 1, 2)

    assert expected in found(town, tmp_path)
