"""Seam stamps in a public log: as many as were asked for, and each use as its intent."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import UNSET

from bench.public_log import SEAL
from ledger import permit_facts, records
from ledger.records import SEAM
from ledger.records_permits import EmergencyPermit
from ledger.verify_permits import Permits
from ledger.verify_spans import Act
from tests.ledger.public_town import Township, found

H = "a" * 64
PHOTO = records.PhotoRef(sha256="d" * 64, size=1, sealed_sha256="e" * 64, sealed_size=1)


@pytest.fixture
def town() -> Township:
    return Township(1)


def request(town: Township, seams: int) -> str:
    """Ask for three impressions, so many of them over the seam."""
    body = records.SealRequest(
        seal=SEAL, matter="CM-09", list_version=3, copies=3, pages_count=3, filed_by="c-wang",
        applicant_commitment=H, applicant_masked_commitment=H, purpose_commitment=H,
        payee_commitment=H, amount_commitment=H, pages_commitment=H,
        seams=seams or UNSET,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def permit(town: Township, asked: int, allowed: int) -> None:
    """Approve a request that asks for so many seam stamps by a permit that allows so many."""
    sha256 = request(town, asked)
    approval = town.add(
        town.gateway,
        records.Approval(
            request=sha256, approver="a-li", office="approver", decision="approve",
            evidence="password-session", note_commitment=H,
        ),
    )  # fmt: skip
    town.add(
        town.gateway,
        records.Permit(
            permit="p-seam", scope="document", machine=town.machines[0].name, seal=SEAL,
            matter="CM-09", list_version=3, impressions=3, not_before_ms=None,
            not_after_ms=town.now_ms * 2, request=sha256, approvals=(approval,), seams=allowed,
        ),
    )  # fmt: skip


def intent(town: Township, n: int, *flags: str) -> str:
    """Reserve impression `n`."""
    body = records.Intent(
        permit="p-seam", n=n, of=3, seal=SEAL, page="c" * 64, operator="c-wang",
        counter_before=41, controller="B", flags=flags,
    )  # fmt: skip
    return town.add(town.machines[0], body)


def use(town: Township, n: int, reserved: tuple[str, ...], made: tuple[str, ...]) -> None:
    """Make impression `n` with these flags in its intent and its use."""
    body = records.SealUse(
        permit="p-seam", intent=intent(town, n, *reserved), n=n, of=3, seal=SEAL, matter="CM-09",
        before=PHOTO, after=PHOTO, counter_before=41, counter_after=42, findings=("page-same",),
        operator="c-wang", flags=made, controller="B",
    )  # fmt: skip
    town.add(town.machines[0], body)


SEAMED, PLAIN = ((SEAM,), (SEAM,)), ((), ())


@pytest.mark.parametrize(
    ("seams", "made", "expected"),
    [
        (1, [PLAIN, SEAMED, PLAIN], []),
        (1, [SEAMED, PLAIN, PLAIN], []),
        (1, [SEAMED, SEAMED, PLAIN], ["permit-over"]),
        (1, [PLAIN, PLAIN, PLAIN], ["permit-over"]),
        (0, [PLAIN, PLAIN, PLAIN], []),
        (0, [PLAIN, PLAIN, SEAMED], ["permit-over"]),
        (1, [PLAIN, PLAIN, ((SEAM,), ())], ["permit-mismatch"]),
        (1, [PLAIN, PLAIN, ((), (SEAM,))], ["permit-over", "permit-mismatch"]),
    ],
    ids=["last", "first", "two of one", "none of one", "none", "unasked", "hidden", "claimed"],
)
def test_impressions_are_of_the_kinds_that_were_asked_for(
    town: Township,
    tmp_path: Path,
    seams: int,
    made: list[tuple[tuple[str, ...], tuple[str, ...]]],
    expected: list[str],
) -> None:
    permit(town, seams, seams)
    for n, (reserved, flags) in enumerate(made, start=1):
        use(town, n, reserved, flags)

    assert found(town, tmp_path) == expected


def test_a_permit_allows_no_seam_stamp_that_was_not_asked_for(
    town: Township, tmp_path: Path
) -> None:
    permit(town, 0, 1)

    assert found(town, tmp_path) == ["permit-mismatch"]


def test_a_seam_stamp_that_was_not_made_may_be_made_again(town: Township, tmp_path: Path) -> None:
    permit(town, 1, 1)
    machine = town.machines[0]
    town.add(machine, records.Void(intent=intent(town, 1, SEAM), evidence="counter"))
    incident = town.add(
        machine,
        records.Incident(
            intent=intent(town, 1, SEAM), seal=SEAL, code="outcome-unknown", impressions_min=0,
            impressions_max=1, held=True, photos=(), text_commitment=None,
        ),
    )  # fmt: skip
    release = records.HoldRelease(machine=machine.name, hold=incident, impressions=0, by="a-li")
    town.add(town.gateway, release)
    use(town, 1, *SEAMED)

    assert found(town, tmp_path) == []


def test_an_emergency_permit_allows_the_seam_stamps_of_its_request(
    town: Township, tmp_path: Path
) -> None:
    asked = request(town, 1)
    given = EmergencyPermit(
        permit="p-seam", terms="e-none", request=asked, seal=SEAL, matter="CM-09",
        list_version=3, impressions=3, not_after_ms=town.now_ms * 2, approvers=("a-li", "b-qi"),
        codes=("k-1", "k-2"), by="c-wang", reason="disaster", reason_commitment=H,
    )  # fmt: skip
    town.add(town.machines[0], given)
    terms_alone = found(town, tmp_path / "a")
    use(town, 1, *SEAMED)
    assert found(town, tmp_path / "b") == terms_alone

    use(town, 2, *SEAMED)

    assert found(town, tmp_path / "c") == [*terms_alone, "permit-over"]


def judged(entries: list[tuple[str, records.Record]], *, complete: bool) -> list[str]:
    """Return what is found wrong of acts of one machine, each by its hash."""
    permits = Permits()
    permits.complete = complete  # as is found out by the first entry of a log
    for n, (sha256, body) in enumerate(entries):
        payload = permit_facts.of(body.kind).pack(body)
        permits.take("log", Act(n, body.kind, "device", "m-1", 1, n + 1, 5, None, sha256, payload))
    return [finding.code for finding in permits.finish()]


def test_what_stands_in_the_log_of_last_year_is_not_missed() -> None:
    reserved = records.Intent(
        permit="p-old", n=1, of=1, seal=SEAL, page="c" * 64, operator="c-wang",
        counter_before=41, controller="B", flags=(SEAM,),
    )  # fmt: skip
    made = records.SealUse(
        permit="p-old", intent="e" * 64, n=1, of=1, seal=SEAL, matter="CM-09", before=PHOTO,
        after=PHOTO, counter_before=41, counter_after=42, findings=("page-same",),
        operator="c-wang", flags=(SEAM,), controller="B",
    )  # fmt: skip
    entries: list[tuple[str, records.Record]] = [("e" * 64, reserved), ("f" * 64, made)]

    assert judged(entries, complete=False) == []
    assert judged(entries, complete=True) == ["permit-unknown"]


def test_a_permit_whose_request_stands_in_the_log_of_last_year_allows_its_seams() -> None:
    permitted = records.Permit(
        permit="p-new", scope="document", machine="m-1", seal=SEAL, matter="CM-09",
        list_version=3, impressions=2, not_before_ms=None, not_after_ms=9, request=H,
        approvals=(H,), seams=1,
    )  # fmt: skip

    assert judged([("b" * 64, permitted)], complete=False) == []
