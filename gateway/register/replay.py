"""Replay: put published entries back into a store, at the very indices where they stood.

Rules kept here:
- Each entry is verified and chained as when it first came; nothing is signed, nothing judged
  again: what the rules found then are entries of the same log.
- The public files do not say when an entry was received. It gets the time of the gateway's own
  entry before it, which cannot be later.
"""

from __future__ import annotations

from itertools import islice

from gateway.register.checking import log_keys
from gateway.register.mirror import MirroredLog
from gateway.register.tree import extend
from gateway.stores import Store, Transaction
from gateway.stores.trees import LogView
from gateway.stores.views import Signed
from ledger import checkpoint, codec, envelope, notes
from ledger.chain import Head
from ledger.envelope import LARGEST_ENTRY
from ledger.errors import LedgerError, ProofError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.notes import Note
from ledger.records import LogStart
from ledger.tree import Frontier

TOGETHER = 512  # entries in one transaction


class ReplayError(LedgerError):
    """A published entry that cannot be taken back into the store."""

    code = "replay"
    hint = (
        "If its key is not trusted any more, put the key record back into the folder of trusted "
        "keys; the public files have it in keys/."
    )


class Replay:
    """Replays logs into one store that nobody else uses.

    Args:
        ring: the keys that are trusted, those of retired machines included.
    """

    def __init__(self, store: Store, ring: KeyRing) -> None:
        self._store, self._ring = store, ring
        with store.reader() as reader:
            last = reader.entry(reader.size() - 1)
        self._now_ms = 0 if last is None else last.received_ms

    def run(self, source: MirroredLog) -> int:
        """Append what the mirror has beyond the store and return how many entries that were.

        Raises:
            ProofError: the mirror does not continue the store; entries before the contradiction
                have been appended.
            LedgerError: an entry does not verify, or does not continue its author's chain.
            StoreError: the store cannot be written.
        """
        view = self._view(source)
        count = 0
        fresh = source.entries(view.size)
        while batch := tuple(islice(fresh, TOGETHER)):
            with self._store.transaction() as transaction:
                view = self._append(transaction, view, batch)
            count += len(batch)
        self._finish(source, view)
        return count

    def _view(self, source: MirroredLog) -> LogView:
        """Return the log as the store has it; one that it lacks is begun."""
        origin = source.signed.head.origin
        with self._store.transaction() as transaction:
            view, newest = transaction.log(origin), transaction.log()
            if view is not None:
                return view
            if newest is not None:
                _check_follows(newest, next(source.entries(0)), origin)
            begun = LogView(first=transaction.size(), origin=origin, frontier=Frontier())
            transaction.begin_log(begun)
            return begun

    def _append(self, transaction: Transaction, view: LogView, batch: tuple[bytes, ...]) -> LogView:
        for number, raw in enumerate(batch, view.size):
            try:
                signed, head = self._signed(transaction, raw)
            except LedgerError as error:
                raise ReplayError(f"entry {number} of {view.origin}: {error}") from error
            transaction.append(signed, head)
        frontier, tiles = extend(transaction, view, batch)
        after = LogView(
            first=view.first, origin=view.origin, frontier=frontier, checkpoint=view.checkpoint
        )
        transaction.grow_log(view, after, tiles)
        return after

    def _signed(self, transaction: Transaction, raw: bytes) -> tuple[Signed, Head]:
        taken, record = envelope.verify(raw, self._ring, LARGEST_ENTRY)
        payload = codec.decode_entry(taken.payload_type, taken.payload)
        party, author = payload.position.author
        if (record.role, record.holder, record.epoch) != (party, author, payload.position.epoch):
            raise UnknownKeyError(
                f"expected an entry of {party} {author}, epoch {payload.position.epoch}, under its "
                f"own key, found that of {record.role} {record.holder}, epoch {record.epoch}"
            )
        if party == "gateway":
            self._now_ms = max(self._now_ms, payload.position.at_ms)
        head = transaction.head(party, author, record.epoch) or Head(
            party=party,
            author=author,
            epoch=record.epoch,
            seq=0,
            sha256=codec.sha256(codec.encode_message(record)),
        )
        signed = Signed(payload=payload, keyid=taken.keyid, envelope=raw, received_ms=self._now_ms)
        return signed, head

    def _finish(self, source: MirroredLog, view: LogView) -> None:
        """Take over the mirror's checkpoint, if it is that of the tree that was built."""
        head = source.signed.head
        if view.size != head.size:
            return  # the store knew more than the mirror
        if view.frontier.root() != head.root:
            raise ProofError(
                f"expected the {head.size} entries in {source.folder} to lead to the signed root, "
                "found another: the mirror or the backup was changed; keep both, use another one"
            )
        if view.checkpoint and checkpoint_size(view.checkpoint) == head.size:
            return
        after = LogView(
            first=view.first,
            origin=view.origin,
            frontier=view.frontier,
            checkpoint=_bare(source.signed.note, self._ring),
        )
        with self._store.transaction() as transaction:
            transaction.grow_log(view, after, {})


def checkpoint_size(note: bytes) -> int:
    """Return how many entries a checkpoint of ours speaks of."""
    return checkpoint.parse(notes.parse(note).text).size


def _check_follows(newest: LogView, raw: bytes, origin: str) -> None:
    """Return if the first entry of a log names the last checkpoint of the one before it.

    Without that, entries at the end of the older log would be missing, and every index after
    them would be wrong. A successor of a lost log says that they are.
    """
    taken = envelope.parse(raw, LARGEST_ENTRY)
    body = codec.decode_entry(taken.payload_type, taken.payload).body
    if not isinstance(body, LogStart) or body.origin != origin:
        raise ProofError(f"expected {origin} to begin with its log-start, found {body.kind}")
    head = checkpoint.parse(notes.parse(body.previous.encode()).text)
    if body.cause == "lost" and newest.size <= head.size:
        return
    if (head.origin, head.size, head.root) != (newest.origin, newest.size, newest.frontier.root()):
        raise ProofError(
            f"expected {head.origin} with {head.size} entries before {origin}, found "
            f"{newest.origin} with {newest.size}: a mirror of the older log is missing"
        )


def _bare(note: bytes, ring: KeyRing) -> bytes:
    """Return a checkpoint with the lines of its log alone."""
    parsed = notes.parse(note)
    origin = checkpoint.parse(parsed.text).origin
    own = {(key.name, key.key_id) for key in log_keys(ring.records(), origin)}
    lines = tuple(one for one in parsed.lines if (one.name, one.key_id) in own)
    return notes.encode(Note(parsed.text, lines))
