"""A make-up stamp in a sound log is for one faint use of its own kind, and is made once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.public_log import SEAL
from ledger import records
from ledger.records import SEAM
from tests.ledger.public_town import Township, found

H = "a" * 64
PHOTO = records.PhotoRef(sha256="d" * 64, size=1, sealed_sha256="e" * 64, sealed_size=1)
FAINT = ("page-same", "impression-faint")


@pytest.fixture
def town() -> Township:
    return Township(2)


def request(town: Township, **fields: Any) -> str:
    """Ask for one impression at the first machine."""
    given: dict[str, Any] = {"matter": "CM-09", "pages_count": 1, **fields}
    body = records.SealRequest(
        seal=SEAL, list_version=3, copies=1, filed_by="c-wang", applicant_commitment=H,
        applicant_masked_commitment=H, purpose_commitment=H, payee_commitment=H,
        amount_commitment=H, pages_commitment=H, **given,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def permit(town: Township, request: str, name: str, **fields: Any) -> None:
    """Approve a request."""
    approval = town.add(
        town.gateway,
        records.Approval(
            request=request, approver="a-li", office="approver", decision="approve",
            evidence="password-session", note_commitment=H,
        ),
    )  # fmt: skip
    given: dict[str, Any] = {"matter": "CM-09", **fields}
    body = records.Permit(
        permit=name, scope="document", machine=town.machines[0].name, seal=SEAL, list_version=3,
        impressions=1, not_before_ms=None, not_after_ms=town.now_ms * 2, request=request,
        approvals=(approval,), **given,
    )  # fmt: skip
    town.add(town.gateway, body)


def press(town: Township, name: str, *, void: bool = False, **fields: Any) -> str:
    """Make the impression of a permit, or reserve it and make none; return the use's hash."""
    given: dict[str, Any] = {"findings": FAINT, "flags": (), **fields}
    common: dict[str, Any] = {
        "permit": name, "n": 1, "of": 1, "seal": SEAL, "operator": "c-wang", "counter_before": 41,
        "controller": "B", "flags": given["flags"],
    }  # fmt: skip
    intent = town.add(town.machines[0], records.Intent(page="c" * 64, **common))
    if void:
        return town.add(town.machines[0], records.Void(intent=intent, evidence="counter"))
    use = records.SealUse(
        intent=intent, matter="CM-09", before=PHOTO, after=PHOTO, counter_after=42,
        findings=given["findings"], **common,
    )  # fmt: skip
    return town.add(town.machines[0], use)


def stamped(town: Township, name: str = "p-0", **fields: Any) -> str:
    """Have a first impression approved and made; return the use's hash."""
    seams = {"seams": 1} if fields.get("flags") else {}
    permit(town, request(town, **seams, **({"pages_count": 2} if seams else {})), name, **seams)
    return press(town, name, **fields)


def test_a_faint_use_that_is_made_up_for_once_is_sound(town: Township, tmp_path: Path) -> None:
    permit(town, request(town, makes_up=stamped(town)), "p-1")
    press(town, "p-1")

    assert found(town, tmp_path) == []


def test_a_faint_seam_stamp_is_made_up_for_by_a_seam_stamp(town: Township, tmp_path: Path) -> None:
    use = stamped(town, flags=(SEAM,))
    permit(town, request(town, makes_up=use, seams=1, pages_count=2), "p-1", seams=1)
    press(town, "p-1", flags=(SEAM,))

    assert found(town, tmp_path) == []


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"findings": ("page-same", "impression-complete")}, {}),
        ({}, {"seams": 1, "pages_count": 2}),
        ({}, {"matter": "CM-05"}),
    ],
    ids=["sharp", "plain by a seam stamp", "another item"],
)
def test_a_permit_to_make_up_for_a_use_of_another_kind_is_found(
    town: Township, tmp_path: Path, fields: dict[str, Any], asked: dict[str, Any]
) -> None:
    use = stamped(town, **fields)
    more = {name: asked[name] for name in ("seams", "matter") if name in asked}
    permit(town, request(town, makes_up=use, **asked), "p-1", **more)

    assert found(town, tmp_path) == ["makeup-unfit"]


def test_a_permit_to_make_up_for_no_use_is_found(town: Township, tmp_path: Path) -> None:
    permit(town, request(town, makes_up="b" * 64), "p-1")

    assert found(town, tmp_path) == ["makeup-unfit"]


def test_a_request_alone_is_no_finding_as_the_gateway_refuses_it(
    town: Township, tmp_path: Path
) -> None:
    request(town, makes_up="b" * 64)

    assert found(town, tmp_path) == []


@pytest.mark.parametrize(("void", "expected"), [(False, ["makeup-unfit"]), (True, [])])
def test_one_use_is_made_up_for_by_the_impression_of_one_request(
    town: Township, tmp_path: Path, void: bool, expected: list[str]
) -> None:
    use = stamped(town)
    for name in ("p-1", "p-2"):
        permit(town, request(town, makes_up=use), name)
    press(town, "p-1", void=void)

    press(town, "p-2")

    assert found(town, tmp_path) == expected
