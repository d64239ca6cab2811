"""Reading lists of people from SQLite."""

from __future__ import annotations

from gateway.stores.people import PeopleView
from gateway.stores.sqlite_policies import PolicyQueries
from gateway.stores.views import StoredEntry
from ledger.records_people import PeopleList


class PeopleQueries(PolicyQueries):
    """See `gateway.stores.people.PeopleReader`."""

    def people_lists(self, place: str | None = None) -> tuple[PeopleView, ...]:
        rows = self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx DESC", PeopleList.kind
        )
        found = (_view(self._entry(index)) for (index,) in rows)
        return tuple(one for one in found if place in (None, one.place))

    def people_file(self, file_sha256: str) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT file FROM people_files WHERE file_sha256 = ?", file_sha256
        )
        return found


def _view(entry: StoredEntry) -> PeopleView:
    body = entry.body
    assert isinstance(body, PeopleList)
    return PeopleView(
        place=body.place,
        machine=body.machine,
        version=body.version,
        file_sha256=body.file_sha256,
        file_size=body.file_size,
        not_after_ms=body.not_after_ms,
        by=body.by,
        released_by=body.released_by,
        index=entry.index,
        sha256=entry.sha256,
        at_ms=entry.received_ms,
    )
