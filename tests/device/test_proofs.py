"""A permit counts only with its proof, entries get receipts, and a rewritten log is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.proofs import LOG_KEY
from device.uplink import Arrival, LogRewritten
from ledger import checkpoint, notes, receipts
from ledger.bus import Message
from ledger.notes import SignatureType
from ledger.records import Permit
from ledger.topics import Leaf, Topic
from tests.device.model_gateway import LOG_NAME, MACHINE, ORIGIN, TOWNSHIP
from tests.device.test_uplink import Line

REQUEST = "ab" * 32


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line with a well-behaved broker."""
    made = Line(tmp_path)
    yield made
    made.close()


def hear(line: Line, leaf: Leaf, payload: bytes, *rest: str) -> Arrival | None:
    """Let the device hear a message, whoever sent it."""
    return line.uplink.receive(Message(str(Topic(TOWNSHIP, MACHINE, leaf, rest)), payload))


def proof_of(line: Line, sha256: str) -> Any:
    """Return the kept receipt of an own entry, verified with public keys alone."""
    rows = line.journal._rows("SELECT receipt FROM receipts WHERE sha256 = ?", sha256)
    key = notes.key_of(line.ring.log_of(TOWNSHIP), ORIGIN, SignatureType.ED25519)
    leaf = line.journal.envelope_of(sha256)
    return receipts.verify(receipts.parse(rows[0][0]), leaf, (key,))


def test_every_acknowledged_entry_gets_a_receipt_that_holds(line: Line) -> None:
    for number in range(1, 71):
        line.write(number)

    line.run(20)

    assert line.journal.unproved(70, 99) == []
    for seq in (1, 64, 65, 70):
        assert proof_of(line, line.journal.hash_at(seq)).size >= seq


def test_a_permit_is_believed_when_its_proof_came_and_not_before(line: Line) -> None:
    line.gateway.proving = False
    permit = line.gateway.permit(REQUEST)
    line.run(5)
    before = dict(line.journal.book.permits)

    line.gateway.proving = True
    line.run(30)

    assert before == {}
    assert set(line.journal.book.permits) == {permit}


def test_a_permit_outside_the_public_log_is_never_believed(line: Line) -> None:
    line.gateway.log.append = lambda sha256, raw: None
    line.gateway.permit(REQUEST)

    line.run(120)

    assert line.journal.book.permits == {}


def test_a_proved_permit_is_there_after_a_restart_without_network(line: Line) -> None:
    permit = line.gateway.permit(REQUEST)
    line.run(5)
    line.broker.cut(MACHINE)

    line.journal._replay()

    assert set(line.journal.book.permits) == {permit}


def test_a_revocation_needs_no_proof(line: Line) -> None:
    permit = line.gateway.permit(REQUEST)
    line.run(5)
    line.gateway.proving = False

    line.gateway.revoke(permit)
    line.run(1)

    assert permit in line.journal.book.revoked


def test_a_receipt_for_other_bytes_proves_nothing(line: Line) -> None:
    line.gateway.proving = False
    line.write(1)
    line.write(2)
    line.run(2)
    first, second = line.journal.hash_at(1), line.journal.hash_at(2)
    hear(line, Leaf.CHECKPOINT, line.gateway.log.growth(0))

    hear(line, Leaf.RECEIPT, line.gateway.log.receipt(first), second)

    assert line.journal.unproved(9, 9) == [first, second]


def test_a_receipt_under_a_head_that_is_not_believed_proves_nothing(line: Line) -> None:
    line.gateway.proving = False
    line.write(1)
    line.run(2)
    first = line.journal.hash_at(1)

    hear(line, Leaf.RECEIPT, line.gateway.log.receipt(first), first)

    assert line.journal.unproved(9, 9) == [first]


def test_a_checkpoint_of_another_key_or_another_log_is_not_followed(line: Line) -> None:
    line.gateway.proving = False
    stranger = line.gateway.signer
    root = line.gateway.log.tree.frontier.root()
    ours = checkpoint.Checkpoint(ORIGIN, 0, root)
    foreign = checkpoint.Checkpoint(LOG_NAME.replace("420625103000", "1" * 12) + "/2026", 0, root)

    hear(line, Leaf.CHECKPOINT, b"old 0\n\n" + checkpoint.sign(ours, stranger))
    hear(line, Leaf.CHECKPOINT, b"old 0\n\n" + checkpoint.sign(foreign, line.gateway.log._signer))

    assert line.journal.kept(LOG_KEY) == []
    assert not line.journal.rewritten


def rewrite(line: Line) -> Arrival | None:
    """Let the township drop its first entry and answer from a log of its own making."""
    line.write(1)
    line.run(5)
    line.gateway.proving = False
    log = line.gateway.log
    known = log.tree.frontier.size
    log.tree, log.places = type(log.tree)(), {}
    log.append("0" * 64, b"another entry in its place")
    log.append("1" * 64, b"and one more")
    return hear(line, Leaf.CHECKPOINT, log.growth(known))


def test_a_rewritten_log_is_told_with_both_heads(line: Line) -> None:
    arrival = rewrite(line)

    assert arrival is not None
    assert isinstance(arrival.record, LogRewritten)
    old, new = arrival.record.evidence.split(f"\n{ORIGIN}\n".encode())
    assert old.startswith(ORIGIN.encode())
    assert new.startswith(b"2\n")


def test_a_log_that_was_cut_is_a_rewritten_one(line: Line) -> None:
    for number in (1, 2, 3):
        line.write(number)
    line.run(5)
    log = line.gateway.log
    log.tree, log.places = type(log.tree)(), {}
    log.append("0" * 64, b"only this")

    arrival = hear(line, Leaf.CHECKPOINT, log.growth(3))

    assert arrival is not None
    assert isinstance(arrival.record, LogRewritten)


def test_what_was_known_stays_known_after_a_restart(line: Line) -> None:
    line.write(1)
    line.run(5)

    line.uplink = line.start_uplink()
    arrival = rewrite(line)

    assert arrival is not None
    assert isinstance(arrival.record, LogRewritten)


def test_an_answer_to_an_older_question_is_no_contradiction(line: Line) -> None:
    line.gateway.proving = False
    for number in (1, 2):
        line.write(number)
    line.run(2)
    late = line.gateway.log.growth(0)
    hear(line, Leaf.CHECKPOINT, late)

    assert hear(line, Leaf.CHECKPOINT, late) is None
    assert not line.journal.rewritten


def test_waiting_for_a_proof_is_counted_in_link_time(line: Line) -> None:
    line.gateway.proving = False
    line.write(1)
    line.run(30)
    waited = line.proofs.overdue_s()
    line.broker.cut(MACHINE)
    line.run(30)
    line.broker.mend(MACHINE)
    line.run(1)

    assert waited == pytest.approx(30, abs=1.5)
    assert line.proofs.overdue_s() < 5


def test_permit_that_is_no_permit_of_ours_is_left_alone(line: Line) -> None:
    line.gateway.permit(REQUEST, machine="m-2")
    line.run(5)

    assert not any(isinstance(one, Permit) for one in line.journal.book.permits.values())
