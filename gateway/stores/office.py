"""Office: what the store tells of drafts of items lists and of the calendar."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ledger.matters import Layer, MatterList
from ledger.records_office import CalendarRelease


class ListDraftView(Struct, frozen=True, kw_only=True):
    """A draft of an items list; `draft` is the hash of its entry, `version` that of its release.

    `overtaken`: the same authority's list was released anew since, so that the draft no longer
    says what it would change.
    """

    draft: str
    index: int
    layer: Layer
    place: str
    from_date: str
    file_sha256: str
    file_size: int
    by: str
    drafted_ms: int
    version: int | None
    overtaken: bool


class CalendarView(Struct, frozen=True, kw_only=True):
    """One version of a year's calendar; `released_index` None: a draft. Times are the gateway's."""

    content: CalendarRelease
    index: int
    drafted_ms: int
    released_index: int | None
    released_by: str | None
    released_ms: int | None


class OfficeReader(Protocol):
    """Drafts of items lists, and calendars."""

    def list_drafts(self) -> tuple[ListDraftView, ...]:
        """Return every draft of an items list, newest first."""
        ...

    def list_draft_content(self, draft: str) -> MatterList | None:
        """Return what a draft says; its version is 0."""
        ...

    def calendars(self) -> tuple[CalendarView, ...]:
        """Return every draft and release of a calendar, newest draft first."""
        ...
