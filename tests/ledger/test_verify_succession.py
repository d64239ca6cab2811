"""Logs follow each other by what their first entries say, and so do the keys that sign them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.public_log import Author, publish
from ledger import checkpoint, codec, logterms, succession
from ledger.checkpoint import Checkpoint
from ledger.errors import ProofError
from ledger.records import LogStart
from ledger.signers.keyfile import KeyFileSigner
from tests.ledger.founded_town import COUNTY, Founded
from tests.ledger.public_town import audit, codes, make_signer, origin

SUCCESSOR = f"{origin()}-2"
TRUSTED = (codec.encode_message(COUNTY.record),)


@pytest.fixture
def town() -> Founded:
    made = Founded()
    made.enrol(made.machines[0])
    return made


def replaced(town: Founded) -> tuple[KeyFileSigner, KeyFileSigner]:
    """Replace the log's key; return the old and the new one."""
    old, new = town.log_signer, make_signer(town.log_signer.record.holder, "log", 90)
    town.name_log_key(old)
    town.stamp(town.machines[0])
    town.replace_log_key(old, new)
    town.stamp(town.machines[0])
    return old, new


def test_a_log_goes_on_under_the_new_key_that_it_names(town: Founded, tmp_path: Path) -> None:
    old, new = replaced(town)
    publish(tmp_path / "2026", town.entries, origin(), new)

    assert codes(audit(tmp_path, town, records=TRUSTED)) == []
    assert town.log_signer is old  # the auditor trusts this one alone


def test_the_old_log_key_signs_nothing_after_its_end(town: Founded, tmp_path: Path) -> None:
    old, _ = replaced(town)
    publish(tmp_path / "2026", town.entries, origin(), old)

    assert codes(audit(tmp_path, town, records=TRUSTED)) == ["checkpoint-unknown-key"]


def test_a_log_key_without_the_countys_agreement_signs_nothing(
    town: Founded, tmp_path: Path
) -> None:
    thief = make_signer(town.log_signer.record.holder, "log", 91)
    town.county = make_signer("county-1", "county", 92)
    town.name_log_key(thief)
    publish(tmp_path / "2026", town.entries, origin(), thief)

    assert set(codes(audit(tmp_path, town, records=TRUSTED))) == {
        "key-act",
        "checkpoint-unknown-key",
    }


def test_the_next_year_is_signed_by_the_key_that_the_last_one_named(
    town: Founded, tmp_path: Path
) -> None:
    old, new = replaced(town)
    head = publish(tmp_path / "2026", town.entries, origin(), new)
    town.entries = []
    town.add(town.gateway, LogStart(origin=origin(2027), previous=head.decode(), cause="year"))
    publish(tmp_path / "2027", town.entries, origin(2027), new)

    assert codes(audit(tmp_path, town, records=TRUSTED)) == []
    publish(tmp_path / "2027", town.entries, origin(2027), old)
    assert codes(audit(tmp_path, town, records=TRUSTED)) == ["checkpoint-unknown-key"]


def succeeded(town: Founded, folder: Path, previous: bytes, lost: int = 1) -> None:
    """Publish a log whose last entries were lost, and the successor that says so."""
    entries = town.entries[:-lost] if lost else town.entries
    publish(folder / "2026", entries, origin(), town.log_signer)
    town.entries = town.entries[-lost:]
    start = LogStart(origin=SUCCESSOR, previous=previous.decode(), cause="lost")
    town.entries.insert(0, town.gateway.sign(start, town.now_ms))
    publish(folder / "2026-2", town.entries, SUCCESSOR, town.log_signer)


def test_a_lost_log_is_followed_to_the_successor_that_names_it(
    town: Founded, tmp_path: Path
) -> None:
    beat(town)
    witnessed = publish(tmp_path / "lost", town.entries, origin(), town.log_signer)
    succeeded(town, tmp_path, witnessed)

    report = audit(tmp_path, town, records=TRUSTED)

    assert codes(report) == []
    assert [(one.code, one.place.log, one.count) for one in report.notices] == [
        ("succeeded", origin(), 1)
    ]
    assert [head.checkpoint.origin for head in report.heads] == [origin(), SUCCESSOR]


@pytest.mark.parametrize("wrong", ["another town's", "another root", "too little", "unsigned"])
def test_a_successor_with_a_wrong_predecessor_is_found(
    town: Founded, tmp_path: Path, wrong: str
) -> None:
    beat(town)
    signer, name, entries = town.log_signer, origin(), town.entries
    if wrong == "another town's":
        name = f"{origin()}-3"
    elif wrong == "another root":
        entries = [*entries[:-2], entries[-3]]
    elif wrong == "too little":
        entries = entries[:1]
    else:
        signer = make_signer("gw-1", "log", 95)
    previous = publish(tmp_path / "lost", entries, name, signer)
    succeeded(town, tmp_path, previous)

    assert codes(audit(tmp_path, town, records=TRUSTED)) == ["year-link"]


def beat(town: Founded) -> None:
    """Let the machine write one more entry."""
    author: Author = town.machines[0]
    town.beat(author)


KNOWN = Checkpoint(origin(), 7, b"\1" * 32)


def start(cause: str, note: Callable[[], bytes]) -> LogStart:
    return LogStart(origin=SUCCESSOR, previous=note().decode(), cause=cause)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "named", "expected"),
    [
        ("year", KNOWN, True),
        ("year", Checkpoint(origin(), 9, b"\2" * 32), False),
        ("year", Checkpoint(origin(), 5, b"\2" * 32), ProofError),
        ("year", Checkpoint(origin(), 7, b"\2" * 32), ProofError),
        ("year", Checkpoint(origin(2025), 7, b"\1" * 32), ProofError),
        ("lost", KNOWN, True),
        ("lost", Checkpoint(origin(), 9, b"\2" * 32), True),
        ("lost", Checkpoint(origin(), 5, b"\2" * 32), True),
        ("lost", Checkpoint(origin(), 7, b"\2" * 32), ProofError),
        ("lost", Checkpoint(origin(2025), 9, b"\1" * 32), ProofError),
    ],
)
def test_a_log_continues_what_is_known_or_it_does_not(
    town: Founded, cause: str, named: Checkpoint, expected: object
) -> None:
    body = start(cause, lambda: checkpoint.sign(named, town.log_signer))

    if expected is ProofError:
        with pytest.raises(ProofError):
            succession.continues(body, KNOWN)
    else:
        assert succession.continues(body, KNOWN) is expected


def test_terms_of_log_keys_meet_where_the_entry_stands(town: Founded) -> None:
    old, new = town.log_signer.record, make_signer("gw-1", "log", 96).record
    named = (logterms.Named(("a", 3), old), logterms.Named(("b", 5), new))

    terms = logterms.terms((), named)

    def signers(log: str, size: int) -> list[bytes]:
        return [key.public_key for key in terms.keys(log, size)]

    first, second = signers("a", 1), signers("c", 0)
    assert first != second
    assert (signers("a", 99), signers("b", 5)) == (first, first)
    assert signers("b", 6) == second
