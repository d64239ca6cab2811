"""Standing permits in a public log: two persons, own requests, days and totals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bench.public_log import DAY_MS, SEAL
from ledger import records
from ledger.records_permits import StandingPermit
from tests.ledger.public_town import Township, found

H = "a" * 64


@pytest.fixture
def town() -> Township:
    return Township(2)


def agree(
    town: Township,
    releaser: str = "b-zhao",
    permit: str = "s-1",
    machine: str = "m-1",
    **changes: Any,
) -> StandingPermit:
    """Draft and release a permit for two a day and three in all."""
    draft = StandingPermit(
        permit=permit, machine=machine, seal=SEAL, matter="CM-09", list_version=3, per_day=2,
        total=3, not_after_ms=town.now_ms + 30 * DAY_MS, by="a-li", released_by=None,
    )  # fmt: skip
    town.add(town.gateway, draft)
    released = structs.replace(draft, released_by=releaser, **changes)
    town.add(town.gateway, released)
    return released


def ask(town: Township, copies: int = 1, permit: Any = "s-1") -> str:
    """File a request that names a permit."""
    body = records.SealRequest(
        seal=SEAL, matter="CM-09", list_version=3, copies=copies, pages_count=1,
        filed_by="c-wang", applicant_commitment=H, applicant_masked_commitment=H,
        purpose_commitment=H, payee_commitment=H, amount_commitment=H, pages_commitment=H,
        permit=permit,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def reserve(town: Township, request: str, n: int = 1, of: int = 1) -> str:
    """Reserve an impression."""
    body = records.Intent(
        permit="s-1", n=n, of=of, seal=SEAL, page="c" * 64, operator="c-wang", counter_before=41,
        controller="B", request=request,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def stamp(town: Township, request: str, n: int = 1, of: int = 1, operator: str = "c-wang") -> None:
    """Reserve and make an impression."""
    intent = reserve(town, request, n, of)
    photo = records.PhotoRef(sha256="d" * 64, size=1, sealed_sha256="e" * 64, sealed_size=1)
    town.add(
        town.machines[0],
        records.SealUse(
            permit="s-1", intent=intent, n=n, of=of, seal=SEAL, matter="CM-09", before=photo,
            after=photo, counter_before=41, counter_after=42, findings=(), operator=operator,
            flags=("offline",), controller="B",
        ),
    )  # fmt: skip


def test_a_day_and_the_total_are_bounds(town: Township, tmp_path: Path) -> None:
    agree(town)
    for _ in range(2):
        stamp(town, ask(town))
    town.now_ms += DAY_MS
    stamp(town, ask(town))
    assert found(town, tmp_path / "a") == []

    town.now_ms += DAY_MS
    stamp(town, ask(town))

    assert found(town, tmp_path / "b") == ["permit-over"]


def test_a_third_one_on_a_day_of_two_is_found(town: Township, tmp_path: Path) -> None:
    agree(town)
    stamp(town, request := ask(town, 3), 1, 3)
    stamp(town, request, 2, 3)
    assert found(town, tmp_path / "a") == []

    stamp(town, request, 3, 3)

    assert found(town, tmp_path / "b") == ["permit-over"]


def test_a_void_gives_the_day_back(town: Township, tmp_path: Path) -> None:
    agree(town)
    intent = reserve(town, ask(town))
    town.add(town.machines[0], records.Void(intent=intent, evidence="counter"))
    for _ in range(2):
        stamp(town, ask(town))

    assert found(town, tmp_path) == []


def test_each_use_needs_a_request_of_its_own_that_names_the_permit(
    town: Township, tmp_path: Path
) -> None:
    agree(town)
    stamp(town, request := ask(town))
    assert found(town, tmp_path / "a") == []

    stamp(town, request)
    stamp(town, ask(town, permit="s-2"))

    assert set(found(town, tmp_path / "b")) == {"permit-over", "permit-mismatch"}


def test_one_account_alone_is_no_agreement(town: Township, tmp_path: Path) -> None:
    agree(town, releaser="a-li")

    assert found(town, tmp_path) == ["separation"]


def test_a_release_of_other_terms_than_the_draft_is_found(town: Township, tmp_path: Path) -> None:
    agree(town, total=30)

    assert found(town, tmp_path) == ["approval-missing"]


def test_who_agreed_may_not_press(town: Township, tmp_path: Path) -> None:
    agree(town)

    stamp(town, ask(town), operator="b-zhao")

    assert found(town, tmp_path) == ["separation"]


def test_two_in_force_at_once_for_one_item_machine_and_seal_are_found(
    town: Township, tmp_path: Path
) -> None:
    agree(town)
    agree(town, permit="s-2", machine="m-2")
    assert found(town, tmp_path / "a") == []

    agree(town, permit="s-3")

    assert found(town, tmp_path / "b") == ["permit-doubled"]


def test_one_after_the_other_is_in_order(town: Township, tmp_path: Path) -> None:
    agree(town)
    revoked = records.Revocation(permit="s-1", machine="m-1", by="a-li", reason="mistake")
    town.add(town.gateway, revoked)
    agree(town, permit="s-2")
    town.now_ms += 31 * DAY_MS
    agree(town, permit="s-3")

    assert found(town, tmp_path) == []


def test_one_that_is_used_up_gives_way_to_the_next(town: Township, tmp_path: Path) -> None:
    agree(town)
    for _ in range(3):
        stamp(town, ask(town))
        town.now_ms += DAY_MS
    agree(town, permit="s-2")

    assert found(town, tmp_path) == []
