"""Heads: the checkpoints that a verifier believes, by the log keys that it trusts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger import algorithms, checkpoint, logterms, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import UnknownKeyError
from ledger.logterms import Named
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType


class LogKey(Struct, frozen=True):
    """A log's public key; `township` "" leaves open whose log it is.

    `second` is the SM2 key that must sign beside it; empty: there is none, or none is known.
    """

    public_key: bytes
    township: str = ""
    second: bytes = b""


def log_key(record: KeyRecord) -> LogKey:
    """Return the key of a log's key record.

    Raises:
        UnknownKeyError: its algorithm is unknown here, or a weak key.
    """
    key = algorithms.read(record)
    return LogKey(key.raw, record.township, key.second.raw if key.second else b"")


class LogKeys(Struct, frozen=True):
    """The keys of all logs that are trusted.

    `named` are those that one township's own entries have brought in, in their order; from there
    on they alone count, each in its term (`ledger.logterms`).
    """

    keys: tuple[LogKey, ...]
    named: tuple[Named, ...] = ()

    def of_note(self, note: bytes) -> tuple[NoteKey, ...]:
        """Return the keys that may sign the checkpoint that a note says.

        Raises:
            MalformedError: it says none.
            UnknownKeyError: there is none for this township.
        """
        head = checkpoint.parse(notes.parse(note).text)
        return self.of(head.origin, head.size)

    def of(self, origin: str, size: int) -> tuple[NoteKey, ...]:
        """Return the keys that may sign the checkpoint of this log at this size.

        Raises:
            UnknownKeyError: there is none for this township.
        """
        named = logterms.terms((), self.named).keys(origin, size)
        if self.named and (origin, size - 1) >= self.named[0].place:
            return named
        township = township_of(origin)
        trusted = (_note_key(origin, key) for key in self.keys if key.township in {"", township})
        found = tuple(dict.fromkeys((*named, *trusted)))
        if not found:
            raise UnknownKeyError(f"expected a trusted log key for {origin}, found none")
        return found


class Head(Struct, frozen=True):
    """A checkpoint that is believed: the signed note and what it says."""

    note: bytes
    checkpoint: Checkpoint


def believe(note: bytes, trusted: LogKeys) -> Head:
    """Return the head that a signed note says.

    Second signatures are not verified where their extra is not installed: the caller says so.

    Raises:
        LedgerError: no checkpoint, or none of the keys for its log signed it.
    """
    return Head(note, checkpoint.verify(note, trusted.of_note(note), unchecked=True))


def other_lines(note: bytes, trusted: LogKeys, witnesses: Iterable[NoteKey]) -> int:
    """Return how many signature lines of a head that is believed are of keys unknown here."""
    logs = trusted.of_note(note)
    seconds = (key.second for key in logs if key.second is not None)
    known = {(key.name, key.key_id) for key in (*logs, *seconds, *witnesses)}
    return sum((line.name, line.key_id) not in known for line in notes.parse(note).lines)


def _note_key(origin: str, key: LogKey) -> NoteKey:
    second = NoteKey(origin, SignatureType.SM2, key.second) if key.second else None
    return NoteKey(origin, SignatureType.ED25519, key.public_key, second)


def township_of(origin: str) -> str:
    """Return the division code of the township whose log has this origin."""
    return [*origin.split("/"), "", ""][2]
