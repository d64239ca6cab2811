"""Reading confirmations from SQLite."""

from __future__ import annotations

from gateway.stores.confirms import AskView
from gateway.stores.sqlite_emergencies import EmergencyQueries
from gateway.stores.views import StoredEntry
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm


class ConfirmQueries(EmergencyQueries):
    """See `gateway.stores.confirms.ConfirmReader`."""

    def impression_ask(self, ask: str) -> AskView | None:
        entry = self.entry(ask)
        return None if entry is None or entry.kind != ImpressionAsk.kind else self._ask(entry)

    def impression_asks(self, limit: int = 20) -> tuple[AskView, ...]:
        rows = self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx DESC LIMIT ?",
            ImpressionAsk.kind,
            limit,
        )
        return tuple(self._ask(self._entry(index)) for (index,) in rows)

    def _ask(self, entry: StoredEntry) -> AskView:
        assert isinstance(entry.body, ImpressionAsk)
        index = self._tables.value(
            "SELECT source FROM refs WHERE target = ? AND role = ? ORDER BY source",
            entry.sha256,
            ImpressionConfirm.kind,
        )
        answer = None if index is None else self._entry(index).body
        assert answer is None or isinstance(answer, ImpressionConfirm)
        return AskView(entry=entry, body=entry.body, answer=answer)
