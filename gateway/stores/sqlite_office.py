"""Reading drafts of items lists and calendars from SQLite."""

from __future__ import annotations

import msgspec

from gateway.stores.office import CalendarView, ListDraftView
from gateway.stores.sqlite_policies import PolicyQueries
from gateway.stores.views import StoredEntry
from ledger.matters import MatterList
from ledger.records import ListRelease
from ledger.records_office import CalendarRelease, ListDraft


class OfficeQueries(PolicyQueries):
    """See `gateway.stores.office.OfficeReader`."""

    def list_drafts(self) -> tuple[ListDraftView, ...]:
        released: dict[str, int] = {}
        newest: dict[tuple[str, str], int] = {}
        for entry in self._of_kind(ListRelease.kind):
            body = entry.body
            assert isinstance(body, ListRelease)
            newest[body.layer, body.place] = entry.index
            if body.draft is not None:
                released[body.draft] = body.version
        drafts = self._of_kind(ListDraft.kind)
        return tuple(_draft(one, released, newest) for one in reversed(drafts))

    def list_draft_content(self, draft: str) -> MatterList | None:
        data = self._tables.value("SELECT content FROM list_drafts WHERE draft = ?", draft)
        return None if data is None else msgspec.json.decode(data, type=MatterList)

    def calendars(self) -> tuple[CalendarView, ...]:
        drafts: dict[int, StoredEntry] = {}
        releases: dict[int, StoredEntry] = {}
        for entry in self._of_kind(CalendarRelease.kind):
            body = _calendar_of(entry)
            (drafts if body.released_by is None else releases)[body.version] = entry
        return tuple(
            _calendar(drafts[version], releases.get(version))
            for version in sorted(drafts, reverse=True)
        )

    def _of_kind(self, kind: str) -> list[StoredEntry]:
        rows = self._tables.rows("SELECT idx FROM facets WHERE kind = ? ORDER BY idx", kind)
        found = self.entries_at(index for (index,) in rows)
        return [found[index] for (index,) in rows]


def _draft(
    entry: StoredEntry, released: dict[str, int], newest: dict[tuple[str, str], int]
) -> ListDraftView:
    body = entry.body
    assert isinstance(body, ListDraft)
    version = released.get(entry.sha256)
    return ListDraftView(
        draft=entry.sha256,
        index=entry.index,
        layer=body.layer,
        place=body.place,
        from_date=body.from_date,
        file_sha256=body.file_sha256,
        file_size=body.file_size,
        by=body.by,
        drafted_ms=entry.received_ms,
        version=version,
        overtaken=version is None and newest.get((body.layer, body.place), -1) > entry.index,
    )


def _calendar(draft: StoredEntry, release: StoredEntry | None) -> CalendarView:
    return CalendarView(
        content=_calendar_of(draft),
        index=draft.index,
        drafted_ms=draft.received_ms,
        released_index=None if release is None else release.index,
        released_by=None if release is None else _calendar_of(release).released_by,
        released_ms=None if release is None else release.received_ms,
    )


def _calendar_of(entry: StoredEntry) -> CalendarRelease:
    assert isinstance(entry.body, CalendarRelease)
    return entry.body
