"""Random kills: the plan follows from its seed, and the look after each strike can fail."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.kills import parties, plan, whole
from bench.kills.look import Answers, Places
from bench.public_log import Author, Township, origin, write_keys
from ledger import checkpoint, codec, envelope, proofs, receipts
from ledger.checkpoint import Checkpoint
from ledger.keys import KeyRing
from ledger.messages import Acknowledgement
from ledger.receipts import Receipt
from ledger.tree import MemoryHashes, leaf_hash
from sim.judge import follower
from sim.judge.follower import Follower
from sim.judge.heads import Proved, Watch
from sim.judge.verdict import Finder

SEED = 20_261


class Heard:
    """A township's log as the look has read it, and what its gateway says of it."""

    def __init__(self) -> None:
        self.town = Township(2).fill(40)
        self.find, self.places = Finder(), Places()
        for index, raw in enumerate(self.town.entries):
            self.places.take(index, raw, self.find)
        records = [self.town.gateway.signer.record, *(one.signer.record for one in self.machines)]
        self.answers = Answers(KeyRing(records, "sim"))

    @property
    def machines(self) -> list[Author]:
        """The machines of the township."""
        return self.town.machines

    def acknowledge(self, seq: int, head: str, at_ms: int) -> None:
        """The gateway says that it holds the first machine's chain so far."""
        said = Acknowledgement(
            gateway=self.town.gateway.name, device="m-1", epoch=1, seq=seq, head=head, at_ms=at_ms
        )
        payload = codec.encode_message(said)
        signer = self.town.gateway.signer
        raw = envelope.sign(codec.payload_type(said.kind), payload, signer)
        self.answers.take(raw, self.find)
        self.answers.judge(self.places, self.find)

    @property
    def breaches(self) -> list[str]:
        """What was found."""
        return [str(one) for one in self.find.breaches]


@pytest.fixture
def heard() -> Heard:
    """A log of forty entries, judged and good."""
    return Heard()


def test_the_same_seed_kills_the_same_at_the_same_moments() -> None:
    first = [plan.strike(SEED, number, 3) for number in range(1, 200)]

    again = plan.strikes(SEED, 0, 3)

    assert [next(again) for _ in first] == first
    assert next(plan.strikes(SEED, 150, 3)) == first[150]
    assert {one.kind for one in first} == set(plan.WHO)
    assert first != [plan.strike(SEED + 1, number, 3) for number in range(1, 200)]


def test_an_honest_acknowledgement_is_let_pass(heard: Heard) -> None:
    head = heard.machines[0].head

    heard.acknowledge(head.seq, head.sha256, 1000)

    assert heard.breaches == []
    assert heard.find.looked_at > len(heard.town.entries)


def test_an_acknowledged_entry_that_is_not_in_the_log_is_found(heard: Heard) -> None:
    lost = heard.machines[0].head.seq + 1

    heard.acknowledge(lost, "a" * 64, 1000)

    found = f"acknowledged entry {lost} of m-1: expected {'a' * 64} in the public log, found none"
    assert heard.breaches == [found]


def test_another_entry_at_the_acknowledged_place_is_found(heard: Heard) -> None:
    head = heard.machines[0].head

    heard.acknowledge(head.seq, "a" * 64, 1000)

    (found,) = heard.breaches
    assert found.endswith(f"in the public log, found {head.sha256}")


def test_a_gateway_that_acknowledges_less_than_before_is_found(heard: Heard) -> None:
    head = heard.machines[0].head
    heard.acknowledge(head.seq, head.sha256, 1000)

    heard.acknowledge(0, head.sha256, 2000)

    expected = f"acknowledgement of m-1: expected {head.seq} or later, found 0"
    assert heard.breaches == [expected]


def test_an_answer_that_came_late_is_no_step_back(heard: Heard) -> None:
    head = heard.machines[0].head
    heard.acknowledge(head.seq, head.sha256, 2000)

    heard.acknowledge(0, head.sha256, 1000)

    assert heard.breaches == []


@pytest.mark.parametrize("at", [0, 5, 39])
def test_an_entry_that_stands_twice_in_the_log_is_found(heard: Heard, at: int) -> None:
    heard.places.take(40, heard.town.entries[at], heard.find)

    (found,) = heard.breaches
    assert found.startswith("public log at 40: expected entry ")


def test_a_receipt_of_another_entry_is_found_with_both_names() -> None:
    town = Township(1).fill(12)
    watch = Watch(town.log_signer.record)
    forked, tampered = Finder(), Finder()
    head = watch.see("the public folder", _publish(town), forked)
    assert head is not None
    watch.log(head.origin).grow(town.entries)

    watch.hold(Proved("m-1", 3, town.entries[3], _receipt(town, 4)), forked, tampered)
    watch.judge(forked, tampered)

    assert forked.breaches == []
    assert "expected that entry at 4 of" in str(tampered.breaches[0])


def test_the_follower_keeps_every_head_once_and_a_reader_waits_for_whole_lines(
    tmp_path: Path,
) -> None:
    path = tmp_path / "public" / "2026" / "checkpoint"
    path.parent.mkdir(parents=True)
    out = tmp_path / "seen.jsonl"
    with out.open("ab") as file:
        one = Follower(tmp_path / "public", file)
        for note in (b"first", b"first", b"second", b"first"):
            path.write_bytes(note)
            one.look()
        file.write(b'{"what":"publ')

    seen, place = follower.read_on(out, 0)

    assert [head.raw for head in seen] == [b"first", b"second", b"first"]
    assert {head.what for head in seen} == {"published"}
    assert follower.read_on(out, place) == ((), place)


def test_a_campaign_that_was_moved_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    parties.found(tmp_path / "a", machines=1)
    (tmp_path / "a").rename(tmp_path / "b")

    with pytest.raises(parties.CannotGoOnError, match="where it was begun"):
        parties.reopen(tmp_path / "b")


def test_a_turned_bit_of_an_entry_makes_the_verifier_end_with_findings(tmp_path: Path) -> None:
    town, public, trusted = Township(2).fill(300), tmp_path / "public", tmp_path / "trusted"
    town.publish(public)
    write_keys(trusted, town.records)

    honest = whole.verified(public, trusted / "keys", expected=0)
    whole.turn_a_bit(public, random.Random(SEED))
    found = whole.verified(public, trusted / "keys", expected=whole.FINDINGS)
    said = whole.verified(public, trusted / "keys", expected=0)

    assert (honest, found) == ([], [])
    assert said[0].startswith(f"I10 tamper evident: {public}: expected exit 0, found 4: ")


def _publish(town: Township) -> bytes:
    head = Checkpoint(origin(), len(town.entries), _hashes(town).frontier.root())
    return checkpoint.sign(head, town.log_signer)


def _receipt(town: Township, index: int) -> bytes:
    path = proofs.prove_inclusion(index, len(town.entries), _hashes(town))
    return receipts.encode(Receipt(index, path, _publish(town)))


def _hashes(town: Township) -> MemoryHashes:
    return MemoryHashes(map(leaf_hash, town.entries))
