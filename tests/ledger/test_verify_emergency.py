"""Emergency permits in a public log: terms, codes, counts and persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bench.public_log import DAY_MS, SEAL
from ledger import records
from ledger.records_permits import CodeHash, EmergencyCodes, EmergencyPermit, EmergencyTerms
from tests.ledger.public_town import Township, found

H = "a" * 64


@pytest.fixture
def town() -> Township:
    made = Township(2)
    draft = EmergencyTerms(
        terms="e-1", machine="m-1", seal=SEAL, matters=("CM-09",), list_version=3, uses=2,
        impressions=1, not_after_ms=made.now_ms + 30 * DAY_MS, by="a-li", released_by=None,
    )  # fmt: skip
    made.add(made.gateway, draft)
    made.add(made.gateway, structs.replace(draft, released_by="b-zhao"))
    for holder in ("a-li", "b-zhao"):
        codes = tuple(CodeHash(code=f"k-{holder}-{n}", sha256=H) for n in (1, 2, 3))
        made.add(
            made.gateway,
            EmergencyCodes(
                series=f"k-{holder}", terms="e-1", machine="m-1", holder=holder, codes=codes
            ),
        )
    return made


def open_by_codes(town: Township, n: int = 1, **changes: Any) -> str:
    """File a request and open it by the nth codes; return the permit's name."""
    h = H
    request = town.add(
        town.machines[0],
        records.SealRequest(
            seal=SEAL, matter="CM-09", list_version=3, copies=1, pages_count=1,
            filed_by="c-wang", applicant_commitment=h, applicant_masked_commitment=h,
            purpose_commitment=h, payee_commitment=h, amount_commitment=h, pages_commitment=h,
        ),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "permit": f"x-{n}",
        "terms": "e-1",
        "request": request,
        "seal": SEAL,
        "matter": "CM-09",
        "list_version": 3,
        "impressions": 1,
        "not_after_ms": town.now_ms + DAY_MS,
        "approvers": ("a-li", "b-zhao"),
        "codes": (f"k-a-li-{n}", f"k-b-zhao-{n}"),
        "by": "c-wang",
        "reason": "disaster",
        "reason_commitment": H,
        **changes,
    }
    town.add(town.machines[0], EmergencyPermit(**fields))
    return str(fields["permit"])


def test_two_codes_of_two_approvers_permit_one_request(town: Township, tmp_path: Path) -> None:
    town.use(town.machines[0], open_by_codes(town))
    assert found(town, tmp_path / "a") == []

    town.use(town.machines[0], "x-1")

    assert found(town, tmp_path / "b") == ["permit-over"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"codes": ("k-a-li-1", "k-a-li-2")}, "approval-missing"),
        ({"approvers": ("a-li", "a-li")}, "separation"),
        ({"by": "a-li"}, "separation"),
        ({"matter": "CM-10"}, "permit-mismatch"),
        ({"terms": "e-2"}, "approval-missing"),
        ({"impressions": 2}, "permit-over"),
    ],
)
def test_what_the_terms_do_not_cover_is_found(
    town: Township, tmp_path: Path, changes: Any, expected: str
) -> None:
    open_by_codes(town, **changes)

    assert expected in found(town, tmp_path)


def test_a_code_counts_once_and_uses_are_counted(town: Township, tmp_path: Path) -> None:
    open_by_codes(town, 1)
    open_by_codes(town, 2)
    assert found(town, tmp_path / "a") == []

    open_by_codes(town, 3)
    assert found(town, tmp_path / "b") == ["permit-over"]


def test_a_used_code_is_found(town: Township, tmp_path: Path) -> None:
    open_by_codes(town, 1)
    open_by_codes(town, 2, codes=("k-a-li-1", "k-b-zhao-2"))

    assert found(town, tmp_path) == ["permit-over"]


def test_terms_end(town: Township, tmp_path: Path) -> None:
    town.now_ms += 31 * DAY_MS
    open_by_codes(town)

    assert found(town, tmp_path) == ["permit-late"]
