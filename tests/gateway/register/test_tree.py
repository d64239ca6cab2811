"""Every transaction ends with its entries in the tree, signed; or with nothing changed at all."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import RollbackError, StoreError
from gateway.register.intake import Batch
from gateway.register.tree import Halt, PublicLog
from gateway.stores import trees
from ledger import checkpoint, codec, envelope, notes, proofs, tree
from ledger.errors import LedgerError
from ledger.notes import SignatureType
from ledger.records import LogStart
from ledger.tree import MemoryHashes, leaf_hash

Town = Any
NEW_YEAR_MS = 1_798_732_800_000  # 2027-01-01 00:00 in Shanghai
NAME = "seal.xiaoshan.example/330109000000/330109110000"


def beats(town: Town, count: int) -> None:
    """Let a machine send heartbeats, all in one transaction."""
    machine = town.machines["m-1"]
    town.take(*(machine.message(machine.beat()) for _ in range(count)))


def head(town: Town, origin: str | None = None) -> checkpoint.Checkpoint:
    """Return the newest checkpoint, verified with the log's public key alone."""
    with town.store.reader() as reader:
        view = reader.log(origin)
    key = notes.key_of(town.log_signer.record, view.origin, SignatureType.ED25519)
    return checkpoint.verify(view.checkpoint, (key,))


@pytest.mark.parametrize("sizes", [(1,), (3, 1, 4), (255, 1, 1), (256, 300)])
def test_the_signed_root_is_that_of_all_envelopes(town: Town, sizes: tuple[int, ...]) -> None:
    for count in sizes:
        beats(town, count)

    with town.store.reader() as reader:
        leaves = MemoryHashes(leaf_hash(entry.envelope) for entry in reader.all_entries())
    signed = head(town)

    assert (signed.size, signed.root) == (sum(sizes), leaves.frontier.root())
    assert signed.origin == f"{NAME}/2026"


def test_every_entry_can_be_proved_from_the_tiles_of_the_store(town: Town) -> None:
    beats(town, 300)

    signed = head(town)
    with town.store.reader() as reader:
        read = trees.hashes(reader, reader.log())
        for index in (0, 1, 255, 256, 299):
            leaf = leaf_hash(reader.entry(index).envelope)
            path = proofs.prove_inclusion(index, signed.size, read)
            proofs.verify_inclusion(leaf, index, signed.size, path, signed.root)
        assert tree.root(256, trees.hashes(reader, reader.log(), 256)) != signed.root


def test_what_was_undone_is_in_no_tree(town: Town) -> None:
    beats(town, 2)
    before = head(town)
    machine = town.machines["m-1"]

    with (
        pytest.raises(RuntimeError),
        town.public.transaction(town.store, town.now_ms) as transaction,
    ):
        town.intake.take(transaction, machine.message(machine.beat()), town.now_ms, Batch())
        raise RuntimeError

    assert head(town) == before


def test_a_tree_that_was_written_meanwhile_is_refused(town: Town) -> None:
    beats(town, 2)
    with town.store.reader() as reader:
        stale = reader.log()
    beats(town, 1)

    with pytest.raises(StoreError, match="written meanwhile"), town.store.transaction() as writes:
        writes.grow_log(stale, stale, {})


class LyingSigner:
    """A key store that answers with a signature over something else."""

    def __init__(self, signer: Any) -> None:
        self.record, self.record_sha256, self.keyid = (
            signer.record,
            signer.record_sha256,
            signer.keyid,
        )
        self._signer, self.second = signer, None

    def sign(self, data: bytes) -> bytes:
        return bytes(self._signer.sign(data + b"!"))


def test_nothing_is_written_when_the_own_signature_does_not_hold(town: Town) -> None:
    beats(town, 2)
    before = head(town)
    lying = PublicLog(town.log, LyingSigner(town.log_signer), lambda year: before.origin)
    machine = town.machines["m-1"]

    with (
        pytest.raises(LedgerError, match="does not hold"),
        lying.transaction(town.store, town.now_ms) as transaction,
    ):
        town.intake.take(transaction, machine.message(machine.beat()), town.now_ms, Batch())

    with town.store.reader() as reader:
        assert reader.size() == 2
    assert head(town) == before


def test_the_bytes_that_the_store_holds_are_hashed_not_those_handed_over(town: Town) -> None:
    machine = town.machines["m-1"]

    with town.public.transaction(town.store, town.now_ms) as transaction:
        town.intake.take(transaction, machine.message(machine.beat()), town.now_ms, Batch())
        transaction._tables.run("UPDATE entries SET envelope = X'00'")  # a bit flips on its way

    assert head(town).root == leaf_hash(b"\x00")


def test_a_new_year_begins_a_log_that_names_the_last_checkpoint(town: Town) -> None:
    beats(town, 3)
    closed = head(town)
    town.now_ms = NEW_YEAR_MS
    beats(town, 2)

    with town.store.reader() as reader:
        first = reader.entry(3)
        old, new = reader.logs()
    body = codec.decode_entry(*_payload(first.envelope)).body

    assert isinstance(body, LogStart)
    assert body.previous.encode() == old.checkpoint
    assert (old.first, old.size, new.first, new.size) == (0, 3, 3, 3)
    assert (new.origin, body.origin) == (f"{NAME}/2027",) * 2
    assert head(town, old.origin) == closed


def test_a_clock_that_goes_back_over_new_year_opens_no_closed_log(town: Town) -> None:
    town.now_ms = NEW_YEAR_MS
    beats(town, 1)
    town.now_ms = NEW_YEAR_MS - 1
    beats(town, 1)

    with town.store.reader() as reader:
        (only,) = reader.logs()

    assert (only.origin, only.size) == (f"{NAME}/2027", 2)


def _payload(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload


def test_nothing_is_signed_any_more_once_a_rollback_is_known(town: Town) -> None:
    halt = Halt()
    public = PublicLog(town.log, town.log_signer, town.public._origin, halt)
    machine = town.machines["m-1"]

    def take() -> None:
        with public.transaction(town.store, town.now_ms) as transaction:
            town.intake.take(transaction, machine.message(machine.beat()), town.now_ms, Batch())

    take()
    halt.forbid(RollbackError("the witness says so"))
    with pytest.raises(RollbackError, match="the witness says so"):
        take()
    with pytest.raises(RollbackError):
        take()

    with town.store.reader() as reader:
        assert reader.size() == reader.log().size == 1


def test_rollback_that_is_found_while_a_transaction_is_open_undoes_it(town: Town) -> None:
    halt = Halt()
    public = PublicLog(town.log, town.log_signer, town.public._origin, halt)
    machine = town.machines["m-1"]

    with (
        pytest.raises(RollbackError),
        public.transaction(town.store, town.now_ms) as transaction,
    ):
        town.intake.take(transaction, machine.message(machine.beat()), town.now_ms, Batch())
        halt.forbid(RollbackError("meanwhile"))

    with town.store.reader() as reader:
        assert reader.size() == 0 and reader.log() is None
