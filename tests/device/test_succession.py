"""A machine follows the township from log to log, and only from where the last one ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.proofs import LOG_KEY
from device.township_keys import PROVED_KEY
from device.uplink import Arrival, LogRewritten
from ledger import chain, checkpoint, codec, envelope, growth, lineage, proofs, receipts
from ledger.checkpoint import Checkpoint
from ledger.growth import Growth
from ledger.lineage import Step
from ledger.receipts import Receipt
from ledger.records import LogStart, Record
from ledger.signers import Signer
from ledger.topics import Leaf
from ledger.tree import MemoryHashes, leaf_hash
from tests.device.model_gateway import LOG_NAME, ORIGIN
from tests.device.test_proofs import hear
from tests.device.test_uplink import Line

NEXT = f"{LOG_NAME}/2027"
SUCCESSOR = f"{ORIGIN}-2"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line to a township that proves nothing by itself."""
    made = Line(tmp_path)
    made.gateway.proving = False
    yield made
    made.close()


class Log:
    """One log of a township, in memory."""

    def __init__(self, origin: str, signer: Signer) -> None:
        self.origin, self._signer = origin, signer
        self.tree = MemoryHashes()

    def add(self, *raws: bytes) -> Log:
        """Append entries."""
        self.tree.extend([leaf_hash(raw) for raw in raws])
        return self

    def note(self) -> bytes:
        """Return the signed head."""
        front = self.tree.frontier
        return checkpoint.sign(Checkpoint(self.origin, front.size, front.root()), self._signer)

    def growth(self, known: int = 0) -> bytes:
        """Return the head with the proof from a size."""
        path = proofs.prove_consistency(known, self.tree.frontier.size, self.tree)
        return growth.encode(Growth(known, path, self.note()))

    def receipt(self, index: int) -> bytes:
        """Return the proof of an entry."""
        path = proofs.prove_inclusion(index, self.tree.frontier.size, self.tree)
        return receipts.encode(Receipt(index, path, self.note()))


class Town:
    """The gateway's entries that begin logs, and what is told of them."""

    def __init__(self, line: Line) -> None:
        self.line, self.gateway = line, line.gateway
        self.signer = line.gateway.log._signer
        self.steps: list[Step] = []

    def log(self, origin: str = ORIGIN, *raws: bytes) -> Log:
        """Return a log with some entries."""
        return Log(origin, self.signer).add(*raws)

    def signed(self, body: Record) -> bytes:
        """Return the gateway's next entry."""
        position = chain.follow(self.gateway.own, 1, 1, None)
        payload = codec.encode_entry(position, body)
        kind = codec.payload_type(body.kind)
        self.gateway.own = chain.advance(self.gateway.own, codec.decode_entry(kind, payload))
        return envelope.sign(kind, payload, self.gateway.signer)

    def start(self, origin: str, previous: bytes, cause: Any = "year") -> Log:
        """Begin a log with the entry that says what it continues, and tell the machine."""
        raw = self.signed(LogStart(origin=origin, previous=previous.decode(), cause=cause))
        self.steps.append(Step(log=origin, index=0, entry=raw.decode()))
        return self.log(origin, raw)

    def tell(self) -> Arrival | None:
        """Let the machine hear the lineage."""
        return hear(self.line, Leaf.LINEAGE, lineage.encode(tuple(self.steps)))


def show(line: Line, log: Log, known: int = 0) -> Arrival | None:
    """Let the machine hear a log's newest checkpoint."""
    return hear(line, Leaf.CHECKPOINT, log.growth(known))


def known(line: Line) -> dict[str, int]:
    """Return the size of each log that the machine believes, as it is kept."""
    kept = line.journal.kept(LOG_KEY)
    heads = [growth.parse(b"old 0\n\n" + note).note for _, note in kept]
    return {
        name.removeprefix(LOG_KEY): int(note.split(b"\n")[1])
        for (name, _), note in zip(kept, heads, strict=True)
    }


def test_a_new_years_log_is_followed_from_the_end_of_the_last(line: Line) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one", b"two")
    show(line, old)
    new = town.start(NEXT, old.note())

    show(line, new)
    before = known(line)
    town.tell()
    show(line, new)
    hear(line, Leaf.RECEIPT, new.receipt(0), codec.sha256(envelope.parse(new_raw(town)).payload))

    assert before == {ORIGIN: 2}  # nobody had said yet what it continues
    assert known(line) == {ORIGIN: 2, NEXT: 1}
    assert line.journal.get(PROVED_KEY) == b"1"


def new_raw(town: Town) -> bytes:
    """Return the newest entry that begins a log."""
    return town.steps[-1].raw


def test_the_end_of_the_old_log_is_taken_before_the_new_one(line: Line) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one")
    show(line, old)
    new = town.start(NEXT, old.add(b"two", b"three").note())
    town.tell()

    show(line, new)
    before = known(line)
    show(line, old, 1)
    show(line, new)

    assert before == {ORIGIN: 1}
    assert known(line) == {ORIGIN: 3, NEXT: 1}


def test_a_machine_that_was_away_for_two_years_follows_both(line: Line) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one")
    show(line, old)
    second = town.start(NEXT, old.note())
    third = town.start(f"{LOG_NAME}/2028", second.note())
    town.tell()

    show(line, third)
    between = known(line)
    show(line, second)
    show(line, third)

    assert between == {ORIGIN: 1}
    assert known(line) == {ORIGIN: 1, NEXT: 1, f"{LOG_NAME}/2028": 1}


@pytest.mark.parametrize("wrong", ["another root", "less than I know", "a log in between left out"])
def test_a_wrong_predecessor_is_refused_with_both_heads(line: Line, wrong: str) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one", b"two")
    show(line, old)
    if wrong == "another root":
        named = town.log(ORIGIN, b"one", b"other")
    elif wrong == "less than I know":
        named = town.log(ORIGIN, b"one")
    else:
        named = town.log(f"{LOG_NAME}/2025", b"one", b"two")
    new = town.start(NEXT, named.note())
    town.tell()

    arrival = show(line, new)

    assert arrival is not None and isinstance(arrival.record, LogRewritten)
    for note in (old.note(), named.note(), new.note()):
        assert note in arrival.record.evidence
    assert NEXT not in known(line)


def test_a_predecessor_that_the_log_did_not_sign_is_not_followed(line: Line) -> None:
    town = Town(line)
    show(line, town.log(ORIGIN, b"one"))
    stranger = Log(ORIGIN, line.gateway.signer).add(b"one")
    new = town.start(NEXT, stranger.note())
    town.tell()

    show(line, new)

    assert known(line) == {ORIGIN: 1}


def test_a_lost_log_is_followed_to_its_successor(line: Line) -> None:
    town = Town(line)
    lost = town.log(ORIGIN, b"one", b"two")
    show(line, lost)
    new = town.start(SUCCESSOR, lost.add(b"three").note(), "lost")
    town.tell()

    arrival = show(line, new)

    assert arrival is None
    assert known(line) == {ORIGIN: 2, SUCCESSOR: 1}


def test_a_successor_of_another_history_is_refused_with_evidence(line: Line) -> None:
    town = Town(line)
    lost = town.log(ORIGIN, b"one", b"two")
    show(line, lost)
    named = town.log(ORIGIN, b"one", b"other")
    new = town.start(SUCCESSOR, named.note(), "lost")
    town.tell()

    arrival = show(line, new)

    assert arrival is not None and isinstance(arrival.record, LogRewritten)
    assert lost.note() in arrival.record.evidence and named.note() in arrival.record.evidence


def test_an_older_log_must_be_the_one_that_is_continued(line: Line) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one")
    new = town.start(NEXT, old.note())
    town.tell()
    show(line, new)  # the first log that this machine ever sees

    arrival = show(line, town.log(ORIGIN, b"other"))
    show(line, old)

    assert arrival is not None and isinstance(arrival.record, LogRewritten)
    assert known(line)[NEXT] == 1


def test_what_was_heard_holds_after_a_restart_without_network(line: Line) -> None:
    town = Town(line)
    old = town.log(ORIGIN, b"one")
    show(line, old)
    new = town.start(NEXT, old.note())
    town.tell()
    line.broker.cut("m-1")

    line.uplink = line.start_uplink()
    show(line, new)

    assert known(line) == {ORIGIN: 1, NEXT: 1}
