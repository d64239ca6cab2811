"""Key book: which key may sign what in this township's log, as the log itself says.

The entries about keys decide, from the founding on (`ledger.keyhistory`). The folder of trusted
key records says which keys are ours to begin with; a machine's key in it counts only for a
machine that the log does not know, and in the field only while the log has no founding.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, structs

from gateway.errors import StoreError
from gateway.stores import EntryReader
from gateway.stores.views import LogFilter, StoredEntry
from ledger import codec, envelope, keyhistory
from ledger.algorithms import PublicKey
from ledger.codec import Payload
from ledger.envelope import Envelope
from ledger.errors import LedgerError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.messages import KeyRecord
from ledger.records_keys import KEY_ENTRY_RECORDS

KINDS = tuple(record.kind for record in KEY_ENTRY_RECORDS)
_PAGE = 200


class Keys(Struct, frozen=True, kw_only=True):
    """The keys as of one moment.

    Args:
        ring: every key that signs or ever signed, for looking at what was taken.
        folder: the keys of the trusted folder alone.
        enrolled: the keys of the log by key id.
        last: index and hash of the newest entry about keys; None: there is none.
    """

    history: KeyHistory
    ring: KeyRing
    folder: KeyRing
    enrolled: dict[str, PublicKey] = {}
    last: tuple[int, str] | None = None

    @property
    def founded(self) -> bool:
        """The log began with its keys."""
        return self.history.county is not None

    def verify(self, raw: bytes) -> tuple[Envelope, Payload, KeyRecord]:
        """Return an entry of a machine and the record of the key that signed it.

        Raises:
            KeyHistoryError: the key was enrolled and may not sign this entry.
            LedgerError: it must not be believed.
        """
        parsed = envelope.parse(raw)
        key = self.enrolled.get(parsed.keyid)
        if key is None:
            _, record = envelope.verify(raw, self.folder)
            self._check_folder_counts(record)
            return parsed, codec.decode_entry(parsed.payload_type, parsed.payload), record
        envelope.check(parsed, key)
        payload = codec.decode_entry(parsed.payload_type, parsed.payload)
        position, record = payload.position, key.record
        if position.author != (record.role, record.holder) or position.epoch != record.epoch:
            return parsed, payload, record  # the caller compares, and says "foreign"
        may = self.history.key_for(record.role, record.holder, record.epoch, position.seq)
        if may.keyid != key.keyid:
            raise KeyHistoryError(
                "ended",
                f"expected entry {position.seq} of {record.holder} under key {may.keyid[:16]}..., "
                f"found it under {key.keyid[:16]}...: the township must find out who holds that",
            )
        return parsed, payload, record

    def admitted(self, machine: str) -> KeyRecord | None:
        """Return the record of the key that a machine works with now; None: it is shut out."""
        newest = self.history.newest("device", machine)
        if newest is not None:
            return newest.record if newest.last_seq is None else None
        record = self.folder.of(machine, "device")
        return record if record is not None and self._folder_counts else None

    @property
    def _folder_counts(self) -> bool:
        return self.folder.domain == "sim" or not self.founded

    def _check_folder_counts(self, record: KeyRecord) -> None:
        if record.role != "device":
            return
        if self.history.newest("device", record.holder) is not None or not self._folder_counts:
            raise UnknownKeyError(
                f"expected a key of {record.holder} that was enrolled in the log, found one that "
                "lies in the trusted folder alone: enrol the machine"
            )


class KeyBook:
    """Follows the log's entries about keys; safe between threads, each with its own reader.

    Args:
        folder: the keys of the trusted folder.
    """

    def __init__(self, folder: KeyRing) -> None:
        self._known = Keys(history=KeyHistory(), ring=folder, folder=folder)

    def at(self, reader: EntryReader) -> Keys:
        """Return the keys as this reader's log says; cheap while nothing about keys has changed.

        A transaction's own view is right, too, and what it is undone with is forgotten.

        Raises:
            StoreError: the log's entries about keys contradict each other.
        """
        known, last = self._known, reader.newest_of(KINDS)
        if last == known.last:
            return known
        self._known = _read(reader, known.folder, last)
        return self._known


def _read(reader: EntryReader, folder: KeyRing, last: tuple[int, str] | None) -> Keys:
    history = KeyHistory()
    for entry in _key_entries(reader):
        history = _advance(history, entry)
    records = [key.record for key in history.all_keys()]
    ring = KeyRing(dict.fromkeys((*folder.records(), *records)), folder.domain)
    enrolled = {key.public.keyid: key.public for key in history.all_keys()}
    return Keys(history=history, ring=ring, folder=folder, enrolled=enrolled, last=last)


def _key_entries(reader: EntryReader) -> Iterator[StoredEntry]:
    found: list[StoredEntry] = []
    before: int | None = None
    while page := reader.entries(LogFilter(kinds=KINDS), before, _PAGE):
        found += page
        before = page[-1].index
    return reversed(found)


def _advance(history: KeyHistory, entry: StoredEntry) -> KeyHistory:
    """Return the state after a stored entry; those between say nothing about keys."""
    parsed = envelope.parse(entry.envelope)
    payload = codec.decode_entry(parsed.payload_type, parsed.payload)
    try:
        after = keyhistory.advance(structs.replace(history, size=entry.index), entry.index, payload)
        keyhistory.check_signature(after, parsed, payload)
    except LedgerError as error:
        raise StoreError(
            f"expected entries about keys that follow from each other, found entry {entry.index}: "
            f"{error}"
        ) from error
    return after
