"""The public log in SQLite: its trees, their hash tiles and newest checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import StoreError
from gateway.stores.sqlite_audit import AuditQueries
from gateway.stores.tables import Tables
from gateway.stores.trees import LogView, Witnessed
from ledger.tree import Frontier

_LOG = "SELECT first, origin, frontier, checkpoint FROM logs"


class LogQueries(AuditQueries):
    """See `gateway.stores.LogReader`."""

    def log(self, origin: str | None = None) -> LogView | None:
        if origin is None:
            row = self._tables.row(f"{_LOG} ORDER BY first DESC LIMIT 1")
        else:
            row = self._tables.row(f"{_LOG} WHERE origin = ?", origin)
        return None if row is None else self._view(row)

    def logs(self) -> tuple[LogView, ...]:
        return tuple(self._view(row) for row in self._tables.rows(f"{_LOG} ORDER BY first"))

    def log_of(self, index: int) -> LogView | None:
        row = self._tables.row(f"{_LOG} WHERE first <= ? ORDER BY first DESC LIMIT 1", index)
        found = None if row is None else self._view(row)
        return found if found is not None and index < found.end else None

    def tile(self, first: int, level: int, number: int) -> bytes:
        found = self._tables.value(
            "SELECT hashes FROM tiles WHERE first = ? AND level = ? AND number = ?",
            first,
            level,
            number,
        )
        return b"" if found is None else bytes(found)

    def envelopes(self, start: int, end: int) -> tuple[bytes, ...]:
        rows = self._tables.rows(
            "SELECT envelope FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", start, end
        )
        return tuple([envelope for (envelope,) in rows])

    def _view(self, row: tuple[Any, ...]) -> LogView:
        first, origin, frontier, checkpoint = row
        witnessed = self._tables.rows(
            "SELECT witness, size, note FROM witnessed WHERE first = ? ORDER BY size DESC, witness",
            first,
        )
        return LogView(
            first=first,
            origin=origin,
            frontier=Frontier.from_bytes(frontier),
            checkpoint=checkpoint,
            witnessed=tuple(Witnessed(*one) for one in witnessed),
        )


def begin_log(tables: Tables, view: LogView) -> None:
    """Write the row of a log that has no entries yet."""
    tables.insert(
        "logs",
        first=view.first,
        origin=view.origin,
        size=0,
        root=view.frontier.root(),
        frontier=view.frontier.to_bytes(),
        checkpoint=b"",
    )


def grow_log(
    tables: Tables, before: LogView, after: LogView, tiles: Mapping[tuple[int, int], bytes]
) -> None:
    """Replace a log's tree by its grown one.

    Raises:
        StoreError: what stands there is not `before` any more.
    """
    changed = tables.run(
        "UPDATE logs SET size = ?, root = ?, frontier = ?, checkpoint = ?"
        " WHERE first = ? AND size = ? AND root = ?",
        after.size,
        after.frontier.root(),
        after.frontier.to_bytes(),
        after.checkpoint,
        before.first,
        before.size,
        before.frontier.root(),
    )
    if changed != 1:
        raise StoreError(
            f"expected the log {before.origin} at size {before.size}: it has been written meanwhile"
        )
    tables.run_many(
        "INSERT OR REPLACE INTO tiles (first, level, number, hashes) VALUES (?, ?, ?, ?)",
        [(before.first, level, number, hashes) for (level, number), hashes in tiles.items()],
    )


def put_witnessed(tables: Tables, first: int, one: Witnessed) -> None:
    """Write what a witness has cosigned last; what it cosigned before is forgotten."""
    tables.run(
        "INSERT OR REPLACE INTO witnessed (first, witness, size, note) VALUES (?, ?, ?, ?)",
        first,
        one.witness,
        one.size,
        one.note,
    )
