"""Heads: the checkpoints that a verifier believes, by the log keys that it trusts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger import checkpoint, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import UnknownKeyError
from ledger.notes import NoteKey, SignatureType


class LogKey(Struct, frozen=True):
    """A log's public key; `township` "" leaves open whose log it is.

    `second` is the SM2 key that must sign beside it; empty: there is none, or none is known.
    """

    public_key: bytes
    township: str = ""
    second: bytes = b""


class LogKeys(Struct, frozen=True):
    """The keys of all logs that are trusted. A log signs every year with the same key."""

    keys: tuple[LogKey, ...]

    def of(self, origin: str) -> tuple[NoteKey, ...]:
        """Return the keys that may sign under an origin.

        Raises:
            UnknownKeyError: there is none for this township.
        """
        township = township_of(origin)
        found = tuple(
            _note_key(origin, key)
            for key in dict.fromkeys(self.keys)
            if key.township in {"", township}
        )
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
    origin = checkpoint.parse(notes.parse(note).text).origin
    return Head(note, checkpoint.verify(note, trusted.of(origin), unchecked=True))


def other_lines(note: bytes, trusted: LogKeys, witnesses: Iterable[NoteKey]) -> int:
    """Return how many signature lines of a head that is believed are of keys unknown here."""
    parsed = notes.parse(note)
    logs = trusted.of(checkpoint.parse(parsed.text).origin)
    seconds = (key.second for key in logs if key.second is not None)
    known = {(key.name, key.key_id) for key in (*logs, *seconds, *witnesses)}
    return sum((line.name, line.key_id) not in known for line in parsed.lines)


def _note_key(origin: str, key: LogKey) -> NoteKey:
    second = NoteKey(origin, SignatureType.SM2, key.second) if key.second else None
    return NoteKey(origin, SignatureType.ED25519, key.public_key, second)


def township_of(origin: str) -> str:
    """Return the division code of the township whose log has this origin."""
    return [*origin.split("/"), "", ""][2]
