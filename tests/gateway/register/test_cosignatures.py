"""Cosignatures of several witnesses come together, and only what the store holds is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import RollbackError, StoreError
from gateway.register.cosignatures import Cosignatures
from gateway.register.keybook import KeyBook
from ledger import checkpoint, notes
from ledger.errors import LedgerError
from ledger.notes import SignatureType
from ledger.signers import keyfile

Town = Any


class Two:
    """Two witnesses, and the part that keeps what they say."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.signers = {}
        for name in ("county", "committee"):
            keyfile.create(
                folder / f"{name}.key",
                folder / f"{name}-w.json",
                role="witness",
                holder=name,
                township="330109000000",
                domain="sim",
                epoch=1,
            )
            self.signers[name] = keyfile.load(folder / f"{name}.key", folder / f"{name}-w.json")
        self.keys = {
            name: notes.key_of(signer.record, f"w.example/{name}", SignatureType.COSIGNATURE)
            for name, signer in self.signers.items()
        }
        self.part = Cosignatures(KeyBook(town.ring), tuple(self.keys.values()))

    def head(self) -> bytes:
        with self.town.store.reader() as reader:
            return reader.log().checkpoint

    def cosigned(self, name: str, note: bytes, at_s: int = 1_790_000_000) -> bytes:
        head = checkpoint.parse(notes.parse(note).text)
        line = checkpoint.cosign(head, f"w.example/{name}", self.signers[name], at_s)
        return checkpoint.add_cosignatures(note, line, self.keys.values())

    def keep(self, note: bytes) -> int:
        with self.town.store.transaction() as transaction:
            return self.part.keep(transaction, note)

    def kept(self) -> list[tuple[int, set[str]]]:
        """Return size and cosigners of each kept checkpoint."""
        with self.town.store.reader() as reader:
            return [
                (
                    one.size,
                    {
                        signed.key.name.rpartition("/")[2]
                        for signed in checkpoint.verify_cosignatures(one.note, self.keys.values())
                    },
                )
                for one in reader.log().witnessed
            ]


@pytest.fixture
def two(town: Town, tmp_path: Path) -> Two:
    return Two(town, tmp_path)


def beats(town: Town, count: int) -> None:
    machine = town.machines["m-1"]
    town.take(*(machine.message(machine.beat()) for _ in range(count)))


def test_lines_on_one_size_come_together(town: Town, two: Two) -> None:
    beats(town, 3)
    note = two.head()

    two.keep(two.cosigned("county", note))
    two.keep(two.cosigned("committee", note))

    both = {"county", "committee"}
    assert two.kept() == [(3, both), (3, both)]
    with town.store.reader() as reader:
        assert reader.log().note == reader.log().cosigned(3) != note


def test_each_witness_stands_at_its_own_newest(town: Town, two: Two) -> None:
    beats(town, 3)
    old = two.head()
    two.keep(two.cosigned("county", old))
    beats(town, 2)
    two.keep(two.cosigned("county", two.head()))

    two.keep(two.cosigned("committee", old))
    two.keep(two.cosigned("county", old))

    assert two.kept() == [(5, {"county"}), (3, {"county", "committee"})]
    with town.store.reader() as reader:
        assert reader.log().note == reader.log().cosigned(5)
    beats(town, 1)
    with town.store.reader() as reader:
        assert reader.log().note == reader.log().checkpoint


def test_head_that_the_store_does_not_hold_is_a_rollback(
    town: Town, two: Two, tmp_path: Path, make_town: Any
) -> None:
    beats(town, 3)
    other = checkpoint.parse(notes.parse(two.head()).text)
    forged = checkpoint.Checkpoint(other.origin, 3, bytes(32))
    longer = checkpoint.Checkpoint(other.origin, 4, bytes(32))
    for head, why in ((forged, "in which they are others"), (longer, "found a store of 3")):
        note = two.cosigned("county", checkpoint.sign(head, town.log_signer))

        with pytest.raises(RollbackError, match=why):
            two.keep(note)

    assert two.kept() == []


def test_strange_log_and_spoilt_line_are_refused(town: Town, two: Two) -> None:
    beats(town, 3)
    elsewhere = checkpoint.Checkpoint("elsewhere.example/x", 3, bytes(32))
    with pytest.raises(StoreError, match="elsewhere"):
        two.keep(checkpoint.sign(elsewhere, town.log_signer))

    good = two.cosigned("county", two.head())
    note = notes.parse(good)
    line = note.lines[-1]
    last = bytes([line.signature[-1] ^ 1])
    spoilt = notes.Line(line.name, line.key_id, line.signature[:-1] + last)
    with pytest.raises(LedgerError):
        two.keep(notes.encode(notes.Note(note.text, (*note.lines[:-1], spoilt))))
