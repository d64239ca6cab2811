"""Reading emergency terms from SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from gateway.stores.emergencies import TermsView
from gateway.stores.sqlite_standing import StandingQueries
from gateway.stores.views import StoredEntry
from ledger.records import Record, Revocation
from ledger.records_permits import EmergencyCodes, EmergencyPermit, EmergencyTerms

_Body = TypeVar("_Body", bound=Record)


class EmergencyQueries(StandingQueries):
    """See `gateway.stores.emergencies.EmergencyReader`."""

    def emergency_terms(self) -> tuple[TermsView, ...]:
        found = tuple(self._all_of(EmergencyTerms))
        if not found:
            return ()
        releases = {one.terms: entry for entry, one in found if one.released_by is not None}
        codes, given = tuple(self._all_of(EmergencyCodes)), tuple(self._all_of(EmergencyPermit))
        stopped = {one.permit: entry for entry, one in reversed(tuple(self._all_of(Revocation)))}
        return tuple(
            TermsView(
                body=one,
                drafted=entry,
                release=releases.get(one.terms),
                stopped=stopped.get(one.terms),
                printed=tuple(
                    (each.holder, tuple(code.code for code in each.codes))
                    for _, each in codes
                    if each.terms == one.terms
                ),
                codes=tuple(kept for kept, each in codes if each.terms == one.terms),
                given=tuple(pair for pair in given if pair[1].terms == one.terms),
            )
            for entry, one in reversed(found)
            if one.released_by is None
        )

    def _all_of(self, kind: type[_Body]) -> Iterator[tuple[StoredEntry, _Body]]:
        """Yield all entries of a kind, oldest first."""
        for (index,) in self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx", kind.kind
        ):
            entry = self._entry(index)
            assert isinstance(entry.body, kind)
            yield entry, entry.body
