"""Tables: one SQLite connection; the only place where its errors become StoreError."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from gateway.errors import StoreError

BUSY_MS = 10_000  # a reader waits this long for a checkpoint of the write-ahead log


def open_tables(path: Path, *, writable: bool) -> Tables:
    """Open the database; a writer creates the file (mode 0600 by the caller's umask).

    Raises:
        StoreError: it cannot be opened.
    """
    mode = "rwc" if writable else "ro"
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_MS / 1000,
        )
        tables = Tables(Database(connection))
    except sqlite3.Error as error:
        raise StoreError(f"expected a store at {path}, found: {error}") from error
    return tables


class Tables:
    """Runs statements on one connection, which one thread uses at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        try:
            return self._db.conn.execute(sql, values).rowcount
        except sqlite3.Error as error:
            raise _translated(error) from error

    def run_many(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        """Run one statement for each row."""
        try:
            self._db.conn.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def script(self, sql: str) -> None:
        """Run several statements."""
        try:
            self._db.conn.executescript(sql)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def insert(self, table: str, **columns: object) -> None:
        """Insert one row; an existing one with the same key is an error."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values())

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        try:
            return self._db.conn.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """Return the first row of a query."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def value(self, sql: str, *values: object) -> Any:
        """Return the first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def close(self) -> None:
        """Close the connection; may be called from another thread at the end."""
        self._db.conn.close()


def _translated(error: sqlite3.Error) -> StoreError:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StoreError(f"expected a store that can be read and written, found {name}: {error}")
