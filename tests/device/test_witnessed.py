"""A machine with a policy believes only what the county's witnesses have cosigned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.proofs import LOG_KEY
from device.uplink import LogRewritten
from ledger import asking, notes, policy
from ledger.asking import Ask
from ledger.notes import SignatureType
from ledger.signers import Signer, keyfile
from ledger.topics import Leaf
from tests.device.test_proofs import REQUEST, hear
from tests.device.test_uplink import Line


def witness(folder: Path, name: str) -> Signer:
    """Make a witness's key."""
    own = {"holder": name, "township": "420625000000", "domain": "sim", "epoch": 1}
    keyfile.create(folder / f"{name}.key", folder / f"{name}.json", role="witness", **own)
    return keyfile.load(folder / f"{name}.key", folder / f"{name}.json")


@pytest.fixture
def county(tmp_path: Path) -> Signer:
    return witness(tmp_path, "county-1")


@pytest.fixture
def line(tmp_path: Path, county: Signer) -> Iterator[Line]:
    """A line of a machine that has the county's policy."""
    key = notes.key_of(county.record, "witness.example", SignatureType.COSIGNATURE)
    made = Line(tmp_path)
    made.policy = policy.parse(f"witness county {key.vkey}\nquorum county\n".encode())
    made.uplink = made.start_uplink()
    made.uplink.link(True)
    yield made
    made.close()


def test_permits_and_receipts_wait_for_the_witness(line: Line, county: Signer) -> None:
    line.write(1)
    permit = line.gateway.permit(REQUEST)
    line.run(70)
    alone = (dict(line.journal.book.permits), line.journal.unproved(1, 9), line.proofs.late)
    kept = line.journal.kept(LOG_KEY)

    line.gateway.log.witness = county
    line.run(40)

    assert alone == ({}, [line.journal.hash_at(1)], True)
    assert kept == []
    assert set(line.journal.book.permits) == {permit}
    assert (line.journal.unproved(1, 9), line.proofs.late) == ([], False)


def test_the_signature_of_another_witness_is_none(line: Line, tmp_path: Path) -> None:
    line.gateway.log.witness = witness(tmp_path, "stranger")
    line.gateway.permit(REQUEST)

    line.run(30)

    assert line.journal.book.permits == {}


def test_a_contradiction_counts_whoever_has_signed_it(line: Line, county: Signer) -> None:
    log = line.gateway.log
    log.witness = county
    line.write(1)
    line.run(5)
    line.gateway.proving = False
    log.tree, log.places, log.witness = type(log.tree)(), {}, None
    log.append("0" * 64, b"another entry in its place")
    log.append("1" * 64, b"and one more")

    arrival = hear(line, Leaf.CHECKPOINT, log.growth(1))

    assert arrival is not None and isinstance(arrival.record, LogRewritten)


def test_without_an_answer_that_counts_the_machine_asks_ever_more_seldom(line: Line) -> None:
    asked: list[Ask] = []
    told = line.gateway._prove
    line.gateway._prove = lambda ask: (asked.append(ask), told(ask))[1]  # type: ignore[method-assign]
    line.write(1)

    line.run(60)

    assert 4 <= len(asked) <= 8
    assert all(one.witnessed for one in asked)


def test_a_question_without_a_policy_is_what_it_was() -> None:
    ask = Ask(log="", size=0, entries=("0" * 64,))

    assert b"witnessed" not in asking.encode(ask)
    assert asking.parse(asking.encode(ask)) == ask
