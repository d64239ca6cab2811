"""Log terms: which key may sign which checkpoint of a township's logs, over the years. Pure.

A checkpoint is signed by the key that holds after the entries that it covers, the last one
included: where a key is replaced, the checkpoint that shows it is the first one of the new key.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger import checkpoint, keyacts, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import UnknownKeyError
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType
from ledger.records import Record
from ledger.records_keys import Enrolment, Rotation

Place = tuple[str, int]
"""An entry's place: origin of its log and index there. Origins sort in the order of the logs."""

EARLIEST: Place = ("", -1)


class Named(Struct, frozen=True):
    """A log's key that an entry of the log brings in, and the place of that entry."""

    place: Place
    record: KeyRecord


class Term(Struct, frozen=True):
    """A key and the checkpoints that it may sign, by their last entries.

    Those stand at `begins` or later, and before `ends`, which is None while the key holds.
    """

    record: KeyRecord
    begins: Place = EARLIEST
    ends: Place | None = None


class LogTerms(Struct, frozen=True):
    """The keys of one township's logs, each with its term."""

    terms: tuple[Term, ...]

    def keys(self, origin: str, size: int) -> tuple[NoteKey, ...]:
        """Return the keys that may sign the checkpoint of this log at this size."""
        place = (origin, size - 1)
        return tuple(
            notes.key_of(one.record, origin, SignatureType.ED25519)
            for one in self.terms
            if one.begins <= place and (one.ends is None or place < one.ends)
        )

    def verify(self, note: bytes, *, unchecked: bool = False) -> Checkpoint:
        """Return what a checkpoint says, if a key signed it that may.

        Args:
            unchecked: see `notes.verify`.

        Raises:
            LedgerError: no checkpoint, or not signed by the key that holds at its size.
        """
        head = checkpoint.parse(notes.parse(note).text)
        return checkpoint.verify(note, self.keys(head.origin, head.size), unchecked=unchecked)

    @property
    def current(self) -> tuple[KeyRecord, ...]:
        """The records of the keys that hold now: one, unless no entry names any."""
        return tuple(one.record for one in self.terms if one.ends is None)


def terms(trusted: Iterable[KeyRecord], named: tuple[Named, ...] = ()) -> LogTerms:
    """Return the terms of the keys that the log's entries name, in their order.

    The first one that is named signed from the beginning. A trusted key that no entry names may
    have signed up to there, or holds while nothing is named.

    Args:
        trusted: key records from elsewhere; those of a log count.
    """
    records = {one.record.public_key for one in named}
    ends = named[0].place if named else None
    unnamed = [
        Term(one, ends=ends)
        for one in trusted
        if one.role == "log" and one.public_key not in records
    ]
    ends_of = (*(one.place for one in named[1:]), None)
    found = [
        Term(one.record, EARLIEST if number == 0 else one.place, end)
        for number, (one, end) in enumerate(zip(named, ends_of, strict=False))
    ]
    return LogTerms((*unnamed, *found))


def names(body: Record) -> KeyRecord | None:
    """Return the record of the log's key that an entry brings in, None if it brings none."""
    if not isinstance(body, Enrolment | Rotation):
        return None
    record = keyacts.record(body.key)
    return record if record.role == "log" else None


def only_current(found: LogTerms, record: KeyRecord) -> None:
    """Return if this is the key that has to sign the next checkpoint.

    Raises:
        UnknownKeyError: it is another one.
    """
    if record.public_key not in {one.public_key for one in found.current}:
        holds = ", ".join(f"{one.holder}, epoch {one.epoch}" for one in found.current) or "none"
        raise UnknownKeyError(
            f"expected the log's key that holds by the log's own entries ({holds}), found another "
            f"key of {record.holder}: put the right one into the configuration as log.signer, or "
            "enter this one with seal-gateway renew-key and the county's agreement"
        )
