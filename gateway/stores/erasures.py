"""Erasures: what the store tells of retention: what was erased, what shall be, what is due."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.stores.views import StoredEntry
from ledger.records import AlertRecord
from ledger.records_retention import Cause, RetentionPolicy, What
from ledger.records_seals import SealRegistration

# What rules found: entries, machines, counts, no opened value; and what seals look like.
KEPT_KINDS = (AlertRecord.kind, SealRegistration.kind)


class ErasureView(Struct, frozen=True, kw_only=True):
    """An erasure that was asked for, as it concerns some entries.

    Args:
        asked: hash of the entry that asks.
        targets: the entries that shall be erased; once it is done, those that were.
        done_index: of the entry by which another person confirmed; None: nobody has.
    """

    asked: str
    what: What
    cause: Cause
    targets: tuple[str, ...]
    asked_index: int
    asked_by: str
    asked_ms: int
    done_index: int | None
    done_by: str | None
    done_ms: int | None


class DueMonth(Struct, frozen=True, kw_only=True):
    """How many entries that came in a local month (YYYY-MM) have values or photos to erase."""

    month: str
    entries: int
    openings: int
    photos: int


class DueEntry(Struct, frozen=True, kw_only=True):
    """An entry whose opening, photos or both have been kept for as long as the policy says."""

    index: int
    sha256: str
    kind: str
    received_ms: int
    opening: bool
    photos: bool


class RetentionReader(Protocol):
    """What was erased, what shall be, and what has been kept for long enough."""

    def policy(self) -> RetentionPolicy | None:
        """Return the newest retention policy that two persons set; None: the default holds."""
        ...

    def asked_policies(self) -> tuple[StoredEntry, ...]:
        """Return the policies that one person asked for since the newest was set, newest first."""
        ...

    def erasures(self, target: str) -> tuple[ErasureView, ...]:
        """Return what was asked or done about one entry, oldest first."""
        ...

    def erasure(self, asked: str) -> ErasureView | None:
        """Return an erasure by the hash of the entry that asks for it."""
        ...

    def erasures_asked(self, since_ms: int) -> tuple[ErasureView, ...]:
        """Return what was asked since then and not yet done, newest first."""
        ...

    def due_months(self, openings_before_ms: int, photos_before_ms: int) -> tuple[DueMonth, ...]:
        """Return the months with something to erase that came before these times, oldest first."""
        ...

    def due(
        self,
        openings_before_ms: int,
        photos_before_ms: int,
        month: str,
        after: int = -1,
        limit: int = 50,
    ) -> tuple[DueEntry, ...]:
        """Return what is due of one month (YYYY-MM, local), in order of index, above `after`."""
        ...

    def affair(self, sha256: str) -> tuple[StoredEntry, ...]:
        """Return the entry and all that belong to the same request, incident or finding."""
        ...

    def erased_photo(self, sealed_sha256: str) -> int | None:
        """Return the size of a file that was erased and must not come back; None: it was not."""
        ...

    def erased_files(self) -> tuple[str, ...]:
        """Return the erased photo files that are not known to be gone from the disk."""
        ...

    def all_erased_files(self) -> tuple[str, ...]:
        """Return every photo file that was ever erased."""
        ...

    def left_over(self) -> tuple[ErasureView, ...]:
        """Return what a `done` entry names and what still lies here, as after a restore."""
        ...
