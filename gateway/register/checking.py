"""Checking: does a store hold what its checkpoints say? From the bytes of the entries, anew."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import StoreError
from gateway.stores import LogReader
from gateway.stores.trees import LogView
from ledger import checkpoint, notes
from ledger.errors import LedgerError
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType
from ledger.tree import Frontier, leaf_hash

CHUNK = 2048  # entries read at once


def check_trees(reader: LogReader, size: int, records: tuple[KeyRecord, ...]) -> None:
    """Return if every entry is in the tree of its log, under a checkpoint that the log signed.

    Args:
        size: how many entries the store has.
        records: key records of the township's log.

    Raises:
        StoreError: an entry is missing or was changed, or a checkpoint does not hold.
    """
    end = 0
    for view in reader.logs():
        if view.first != end:
            raise StoreError(f"expected {view.origin} to begin at {end}, found {view.first}")
        _check(reader, view, log_keys(records, view.origin))
        end = view.end
    if end != size:
        raise StoreError(f"expected {end} entries under checkpoints, found {size} in the store")


def log_keys(records: tuple[KeyRecord, ...], origin: str) -> tuple[NoteKey, ...]:
    """Return the keys under which a log may sign."""
    return tuple(
        notes.key_of(record, origin, SignatureType.ED25519)
        for record in records
        if record.role == "log"
    )


def _check(reader: LogReader, view: LogView, keys: tuple[NoteKey, ...]) -> None:
    frontier = Frontier()
    for envelopes in _chunks(reader, view):
        frontier = frontier.extend(map(leaf_hash, envelopes))
    if frontier != view.frontier:
        raise StoreError(
            f"expected the entries of {view.origin} as they were hashed, found others: a row was "
            "changed, or the disk is damaged"
        )
    if not view.size:
        return
    try:
        head = checkpoint.verify(view.checkpoint, keys)
    except LedgerError as error:
        raise StoreError(f"expected a checkpoint of {view.origin}: {error}") from error
    if (head.origin, head.size, head.root) != (view.origin, view.size, frontier.root()):
        raise StoreError(
            f"expected the checkpoint of {view.origin} at {view.size}, found one of "
            f"{head.origin} at {head.size}"
        )


def _chunks(reader: LogReader, view: LogView) -> Iterator[tuple[bytes, ...]]:
    for start in range(view.first, view.end, CHUNK):
        yield reader.envelopes(start, min(start + CHUNK, view.end))
