"""Key book: which key may sign what in this township's log, as the log itself says.

The entries about keys decide, from the founding on (`ledger.keyhistory`). The folder of trusted
key records says which keys are ours to begin with; a machine's key in it counts only for a
machine that the log does not know, and in the field only while the log has no founding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct, structs

from gateway.errors import StoreError
from gateway.stores import EntryReader
from gateway.stores.trees import LogReader
from gateway.stores.views import LogFilter, StoredEntry
from ledger import codec, envelope, keyhistory, logterms
from ledger.algorithms import PublicKey
from ledger.codec import Payload
from ledger.envelope import Envelope
from ledger.errors import LedgerError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.logterms import LogTerms, Named, Place
from ledger.messages import KeyRecord
from ledger.records_keys import KEY_ENTRY_RECORDS

KINDS = tuple(record.kind for record in KEY_ENTRY_RECORDS)
_PAGE = 200
Believed = tuple[Envelope, Payload, KeyRecord]
"""A verified entry, what it says, and the record of the key that signed it."""
Before = TypeVar("Before")
After = TypeVar("After")


class KeyReader(EntryReader, LogReader, Protocol):
    """What keys are read from."""


class Keys(Struct, frozen=True, kw_only=True):
    """The keys as of one moment.

    Args:
        ring: every key that signs or ever signed, for looking at what was taken.
        folder: the keys of the trusted folder alone.
        enrolled: the keys of the log by key id.
        named: the log's own keys that entries bring in.
        last: index and hash of the newest entry about keys; None: there is none.
    """

    history: KeyHistory
    ring: KeyRing
    folder: KeyRing
    enrolled: dict[str, PublicKey] = {}
    named: tuple[Named, ...] = ()
    last: tuple[int, str] | None = None

    @property
    def founded(self) -> bool:
        """The log began with its keys."""
        return self.history.county is not None

    def verify(self, raw: bytes) -> Believed:
        """Return an entry of a machine and the record of the key that signed it.

        Raises:
            KeyHistoryError: the key was enrolled and may not sign this entry.
            LedgerError: it must not be believed.
        """
        found = self.verify_all((raw,))[0]
        if isinstance(found, LedgerError):
            raise found
        return found

    def verify_all(self, raws: Sequence[bytes]) -> list[Believed | LedgerError]:
        """Return for each entry what `verify` returns, or the error that it raises.

        All together take one step after the other: the processor has each step at hand then.
        """
        parsed = _each(envelope.parse, raws)
        signed = _each(self._check_signature, parsed)
        return _each(self._judge, signed)

    def _check_signature(self, parsed: Envelope) -> tuple[Envelope, PublicKey | None, KeyRecord]:
        key = self.enrolled.get(parsed.keyid)
        if key is not None:
            envelope.check(parsed, key)
            return parsed, key, key.record
        data = envelope.pae(parsed.payload_type, parsed.payload)
        record = self.folder.verify(parsed.keyid, data, parsed.signature, parsed.beside)
        self._check_folder_counts(record)
        return parsed, None, record

    def _judge(self, signed: tuple[Envelope, PublicKey | None, KeyRecord]) -> Believed:
        """Return what an entry says if its key, when it was enrolled, may sign at this place."""
        parsed, key, record = signed
        payload = codec.decode_entry(parsed.payload_type, parsed.payload)
        position = payload.position
        if key is None or (record.role, record.holder, record.epoch) != (
            *position.author,
            position.epoch,
        ):
            return parsed, payload, record  # the caller compares, and says "foreign"
        may = self.history.key_for(record.role, record.holder, record.epoch, position.seq)
        if may.keyid != key.keyid:
            raise KeyHistoryError(
                "ended",
                f"expected entry {position.seq} of {record.holder} under key {may.keyid[:16]}..., "
                f"found it under {key.keyid[:16]}...: the township must find out who holds that",
            )
        return parsed, payload, record

    def holds(self, text: str) -> bool:
        """Tell whether no entry has ended the key of this record."""
        key = self.history.find(codec.sha256(text.encode()))
        return key is None or key.last_seq is None

    @property
    def log_terms(self) -> LogTerms:
        """Which key of the log may sign which checkpoint."""
        return logterms.terms(self.folder.records(), self.named)

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

    def at(self, reader: KeyReader) -> Keys:
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


def _read(reader: KeyReader, folder: KeyRing, last: tuple[int, str] | None) -> Keys:
    history, named = KeyHistory(), []
    for entry in entries_of(reader, KINDS):
        history = _advance(history, entry)
        if (record := logterms.names(entry.body)) is not None:
            named.append(Named(place(reader, entry.index), record))
    records = [key.record for key in history.all_keys()]
    ring = KeyRing(dict.fromkeys((*folder.records(), *records)), folder.domain)
    enrolled = {key.public.keyid: key.public for key in history.all_keys()}
    return Keys(
        history=history, ring=ring, folder=folder, enrolled=enrolled, named=tuple(named), last=last
    )


def _each(
    step: Callable[[Before], After], values: Iterable[Before | LedgerError]
) -> list[After | LedgerError]:
    """Take one step with each value; where it fails, or has failed before, the error stays."""
    found: list[After | LedgerError] = []
    for value in values:
        try:
            found.append(value if isinstance(value, LedgerError) else step(value))
        except LedgerError as error:
            found.append(error)
    return found


def entries_of(reader: EntryReader, kinds: tuple[str, ...]) -> Iterator[StoredEntry]:
    """Return all entries of some kinds, oldest first; for kinds of which there are few."""
    found: list[StoredEntry] = []
    before: int | None = None
    while page := reader.entries(LogFilter(kinds=kinds), before, _PAGE):
        found += page
        before = page[-1].index
    return reversed(found)


def place(reader: KeyReader, index: int) -> Place:
    """Return the place of an entry: the newest log's next one while it is in no tree yet."""
    view = reader.log_of(index) or reader.log()
    if view is None:
        raise StoreError(f"expected a log for entry {index}, found none")
    return view.origin, index - view.first


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
