"""Store: the gateway's one durable memory.

`Store.transaction` is for the writer thread alone; everybody else reads through `Store.reader`,
with one connection for each thread. Entries are appended and never change. What is derived from
them (requests, permits, holds, alerts, cases, spending) follows by `gateway.stores.projection`
alone and can be built again from the entries and openings: `Store.derived`, `Store.rebuild`.
Beside the log lie openings, photos' whereabouts, accounts, quarantine and list files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gateway.stores.audit_reader import AuditReader
from gateway.stores.confirms import ConfirmReader
from gateway.stores.emergencies import EmergencyReader
from gateway.stores.erasures import RetentionReader
from gateway.stores.office import OfficeReader
from gateway.stores.people import PeopleReader
from gateway.stores.policies import PolicyReader
from gateway.stores.registrations import RegistrationReader, SampleWriter
from gateway.stores.sights import SightReader, SightWriter
from gateway.stores.signin import SignInReader, SignInWriter
from gateway.stores.standing import StandingReader
from gateway.stores.trees import LogReader, LogView, Witnessed
from gateway.stores.views import (
    Account,
    EntryDetail,
    Gap,
    ListView,
    LogFilter,
    MachineView,
    Opening,
    PermitView,
    PhotoView,
    RequestState,
    RequestView,
    Signed,
    StoredEntry,
    Trouble,
    VillageView,
)
from ledger.chain import Head
from ledger.matters import Answer, Matter, MatterList
from ledger.records import Party


class EntryReader(Protocol):
    """The log and what belongs to one entry. Lists come newest first.

    Every method of a reader raises StoreError when the store cannot be read; `None` means that
    there is no such thing.
    """

    def size(self) -> int:
        """Return the number of entries; indices run from 0."""
        ...

    def entry(self, key: int | str) -> StoredEntry | None:
        """Return an entry by its index or by its payload hash."""
        ...

    def entry_at(self, party: Party, author: str, epoch: int, seq: int) -> StoredEntry | None:
        """Return an entry by its place in its author's chain."""
        ...

    def detail(self, key: int | str) -> EntryDetail | None:
        """Return an entry with its opening, photos, related entries and alerts."""
        ...

    def entries(
        self, which: LogFilter = ..., before: int | None = None, limit: int = 50
    ) -> tuple[StoredEntry, ...]:
        """Return at most `limit` entries below the index `before`, newest first."""
        ...

    def count_entries(self, which: LogFilter = ...) -> int:
        """Return how many entries match."""
        ...

    def newest_of(self, kinds: tuple[str, ...]) -> tuple[int, str] | None:
        """Return index and payload hash of the newest entry of these kinds, quickly."""
        ...

    def all_entries(self, start: int = 0) -> Iterator[StoredEntry]:
        """Yield all entries from an index on, oldest first."""
        ...

    def head(self, party: Party, author: str, epoch: int) -> Head | None:
        """Return the end of a chain, or None when nothing of it is here."""
        ...

    def opening(self, payload_sha256: str) -> Opening | None:
        """Return what was withheld from an entry."""
        ...

    def opening_bytes(self, payload_sha256: str) -> bytes | None:
        """Return the opening with its salts, as it came, to prove the values; None: not here."""
        ...

    def photos(self, entry_sha256: str) -> tuple[PhotoView, ...]:
        """Return the photos that an entry or its opening names."""
        ...

    def photo(self, sealed_sha256: str) -> tuple[PhotoView, ...]:
        """Return every naming of a photo file; normally one."""
        ...

    def pending_photos(self, machine: str | None = None) -> tuple[PhotoView, ...]:
        """Return the photos that machines owe: named, not stored; longest wait first."""
        ...

    def stored_photos(self) -> tuple[str, ...]:
        """Return the sealed hashes of all photo files that were noted as stored."""
        ...


class DeskReader(Protocol):
    """Requests, permits, lists, people and machines. Lists come newest first."""

    def request(self, request: str) -> RequestView | None: ...

    def requests(
        self,
        state: RequestState | None = None,
        before: int | None = None,
        limit: int = 50,
        machines: tuple[str, ...] | None = None,
    ) -> tuple[RequestView, ...]:
        """Return requests, of these machines alone if any are given.

        State `open` is the approvals inbox (with openings and pages).
        """
        ...

    def permit(self, permit: str) -> PermitView | None: ...

    def permits(
        self, machine: str | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[PermitView, ...]: ...

    def lists(self) -> tuple[ListView, ...]:
        """Return every released version of every list."""
        ...

    def list_version(self) -> int:
        """Return the number of the newest release, over all lists; 0: none yet."""
        ...

    def matter_list(self, version: int) -> MatterList | None:
        """Return the content of one release."""
        ...

    def list_file(self, file_sha256: str) -> bytes | None:
        """Return the file of a release as it was imported."""
        ...

    def matter_codes(self, text: str) -> tuple[str, ...]:
        """Return the codes of all items of any list with this code, or with this in their name."""
        ...

    def matters(self, village: str, date: str, version: int | None = None) -> tuple[Matter, ...]:
        """Return a village's resolved list on a day (ISO date, local).

        `version`: only releases up to this one; None: all. Empty for an unknown village.
        """
        ...

    def villages(self) -> tuple[VillageView, ...]: ...

    def village(self, village: str) -> VillageView | None: ...

    def is_machine(self, machine: str) -> bool:
        """Tell whether the configuration names this machine."""
        ...

    def machine(self, machine: str) -> MachineView | None: ...

    def machines(self) -> tuple[MachineView, ...]:
        """Return all machines by id."""
        ...

    def account(self, account: str) -> Account | None: ...

    def accounts(self) -> tuple[Account, ...]:
        """Return all accounts by id."""
        ...


class Reader(
    EntryReader,
    DeskReader,
    PolicyReader,
    OfficeReader,
    StandingReader,
    RegistrationReader,
    PeopleReader,
    EmergencyReader,
    SignInReader,
    SightReader,
    ConfirmReader,
    AuditReader,
    RetentionReader,
    LogReader,
    Protocol,
):
    """Everything that can be read, as of one moment: a reader sees one snapshot."""


class History(Reader, Protocol):
    """What a rule may look at: the log up to and with the entry that it judges.

    `PermitView.spent` therefore counts that entry already.
    """

    @property
    def now_ms(self) -> int:
        """The gateway's time of this judgement."""
        ...

    def list_answer(self, machine: str, matter: str, version: int, at_ms: int) -> Answer:
        """Return what the lists up to `version` said of an item, in the machine's village, on
        the day of `at_ms`; `off-list` for a machine without a village."""
        ...

    def uses_before(self, entry: StoredEntry) -> int:
        """Return how many uses of the same machine stand before this entry."""
        ...

    def previous(self, entry: StoredEntry) -> StoredEntry | None:
        """Return the entry before this one in its author's chain."""
        ...


class Transaction(Reader, SignInWriter, SightWriter, SampleWriter, Protocol):
    """The writer's view of one transaction: reads see what it wrote. All of it or nothing
    becomes durable, when the `with` block of `Store.transaction` has ended."""

    def append(self, signed: Signed, before: Head) -> StoredEntry:
        """Append an entry at the next index, move its chain's head on from `before`, and derive
        what follows; return it as stored.

        Raises:
            ChainError: it does not follow `before`.
            StoreError: the head is not `before` any more (compare and swap).
        """
        ...

    def begin_log(self, view: LogView) -> None:
        """Begin a log; the newest one is closed with that."""
        ...

    def grow_log(
        self, before: LogView, after: LogView, tiles: Mapping[tuple[int, int], bytes]
    ) -> None:
        """Replace a log's tree by its grown one, with the tiles that grew by (level, number).

        Raises:
            StoreError: size or root are not those of `before` any more (compare and swap).
        """
        ...

    def put_witnessed(self, first: int, one: Witnessed) -> None:
        """Keep what a witness has cosigned last of the log that begins at `first`."""
        ...

    def history(self, now_ms: int) -> History:
        """Return what rules may look at, with everything written so far."""
        ...

    def put_opening(self, payload_sha256: str, data: bytes, received_ms: int) -> bool:
        """Keep the opened bytes of an entry; False when they are here or were erased."""
        ...

    def erase_opening(self, payload_sha256: str, now_ms: int) -> bool:
        """Forget the values, keep that they were here; False when there are none.

        After the commit the values are in no file of the store.
        """
        ...

    def erase_photo(self, sealed_sha256: str, size: int, now_ms: int) -> None:
        """Note that a file must go, and must not come back; see `erased_files`."""
        ...

    def photos_unlinked(self, sealed: Iterable[str]) -> None:
        """Note that these erased files are gone from the disk."""
        ...

    def photo_stored(self, sealed_sha256: str, size: int, now_ms: int) -> None:
        """Note that the file is durable and checked; one that was erased must go once more."""
        ...

    def put_list_file(self, file_sha256: str, file: bytes, content: MatterList) -> None:
        """Keep a list's file and what it says, before its ListRelease is appended."""
        ...

    def put_list_draft(self, draft: str, file: bytes, content: MatterList) -> None:
        """Keep the file and the content of a draft, by the hash of its entry."""
        ...

    def put_policy_file(self, file_sha256: str, file: bytes, content: bytes) -> None:
        """Keep a policy as it was written and as canonical JSON, before its entry is appended."""
        ...

    def put_people_file(self, file_sha256: str, file: bytes) -> None:
        """Keep a people list's file, before its entry is appended."""
        ...

    def quarantine(self, trouble: Trouble, data: bytes | None) -> int:
        """Keep what was not taken; `trouble.number` is ignored. Answer: its number."""
        ...

    def quarantined(self, machine: str, fork: bool) -> tuple[int, int]:
        """Return count and bytes kept for a machine (of forks, or of everything else).

        What was too long to be kept counts as one message without bytes.
        """
        ...

    def is_quarantined(self, sha256: str, topic: str) -> bool:
        """Tell whether these very bytes of this topic lie there already."""
        ...

    def drop(self, machine: str, now_ms: int) -> None:
        """Count a message that quarantine had no room for."""
        ...

    def set_gap(self, gap: Gap | None, machine: str) -> None:
        """Note that entries of a machine are missing, or (None) no longer."""
        ...

    def set_online(self, machine: str, online: bool, now_ms: int) -> None:
        """Note whether a machine's link is up; a machine that is not configured is ignored."""
        ...

    def add_connected(self, elapsed_ms: int) -> None:
        """Count time for every machine that is online."""
        ...

    def put_account(self, account: Account) -> None: ...

    def set_key(self, machine: str, keyid: str, epoch: int, genesis: str) -> None:
        """Note the key with which a configured machine works from now on."""
        ...

    def set_directory(
        self, villages: tuple[VillageView, ...], machines: tuple[MachineView, ...]
    ) -> None:
        """Take over which villages, machines, seals, keepers and keys the configuration names."""
        ...

    def rebuild(self) -> None:
        """Derive everything again from the entries and openings."""
        ...

    def start_boot(self) -> int:
        """Count a start of the gateway and return its number, from 1."""
        ...


class Store(Protocol):
    """One township's store; one process writes."""

    def reader(self) -> AbstractContextManager[Reader]:
        """Give the calling thread a snapshot to read from; do not wait for the writer inside."""
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction; an exception inside undoes all of it.

        Returning from the block means that it is durable.

        Raises:
            StoreError: the disk is full, read-only or broken; nothing was written.
        """
        ...

    def derived(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of every derived table, ordered, to compare."""
        ...

    def rebuild(self) -> None:
        """Throw the derived rows away and derive them again from entries and openings."""
        ...

    def close(self) -> None: ...


__all__ = [
    "DeskReader",
    "EntryReader",
    "History",
    "LogReader",
    "Reader",
    "Store",
    "Transaction",
]
