"""Reading standing permits from SQLite."""

from __future__ import annotations

from gateway.stores.sqlite_policies import PolicyQueries
from gateway.stores.standing import StandingPermitView
from gateway.stores.views import StoredEntry
from ledger.records_permits import StandingPermit


class StandingQueries(PolicyQueries):
    """See `gateway.stores.standing.StandingReader`."""

    def standing_permits(self) -> tuple[StandingPermitView, ...]:
        drafts: dict[str, StoredEntry] = {}
        releases: dict[str, StoredEntry] = {}
        for (index,) in self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx", StandingPermit.kind
        ):
            entry = self._entry(index)
            body = _body(entry)
            (drafts if body.released_by is None else releases)[body.permit] = entry
        return tuple(_view(one, releases.get(name)) for name, one in reversed(drafts.items()))

    def standing_permit(self, permit: str) -> StandingPermitView | None:
        return next((one for one in self.standing_permits() if one.permit == permit), None)


def _view(draft: StoredEntry, release: StoredEntry | None) -> StandingPermitView:
    body = _body(draft)
    return StandingPermitView(
        permit=body.permit,
        machine=body.machine,
        seal=body.seal,
        matter=body.matter,
        per_day=body.per_day,
        total=body.total,
        not_after_ms=body.not_after_ms,
        by=body.by,
        index=draft.index,
        drafted_ms=draft.received_ms,
        released_index=None if release is None else release.index,
        released_by=None if release is None else _body(release).released_by,
        released_ms=None if release is None else release.received_ms,
    )


def _body(entry: StoredEntry) -> StandingPermit:
    assert isinstance(entry.body, StandingPermit)
    return entry.body
