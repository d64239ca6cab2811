"""What a rule may look at, on the writer's connection. See `gateway.stores.History`."""

from __future__ import annotations

from gateway.stores.calendar import local_date
from gateway.stores.sqlite_log import LogQueries
from gateway.stores.tables import Tables
from gateway.stores.views import StoredEntry
from ledger.matters import Answer, Matter, look_up


class SqliteHistory(LogQueries):
    """Lives for one batch: resolved lists are remembered, so it must not outlive a release."""

    def __init__(self, tables: Tables, now_ms: int) -> None:
        super().__init__(tables)
        self._now_ms = now_ms
        self._resolved: dict[tuple[str, int, str], tuple[Matter, ...]] = {}

    @property
    def now_ms(self) -> int:
        return self._now_ms

    def list_answer(self, machine: str, matter: str, version: int, at_ms: int) -> Answer:
        village = self._tables.value("SELECT village FROM machines WHERE machine = ?", machine)
        key = (village or "", version, local_date(at_ms))
        if key not in self._resolved:
            self._resolved[key] = self.matters(key[0], key[2], version)
        return look_up(self._resolved[key], matter)

    def uses_before(self, entry: StoredEntry) -> int:
        return int(
            self._tables.value(
                "SELECT count(*) FROM facets WHERE machine = ? AND kind = 'use' AND idx < ?",
                entry.machine,
                entry.index,
            )
        )

    def previous(self, entry: StoredEntry) -> StoredEntry | None:
        position = entry.position
        return self.entry_at(entry.party, entry.author, position.epoch, position.seq - 1)
