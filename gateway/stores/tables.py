"""Tables: one SQLite connection; the only place where its errors become StoreError."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from gateway.errors import StoreError

Joined = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[object, ...] | None]
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
    """Runs statements on one connection, which one thread uses at a time.

    What is put off runs before the next statement of any other kind, so nobody can tell, but
    for the time that it takes to run many alike together.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._put_off: dict[str, list[tuple[object, ...]]] = {}
        self._newest: dict[tuple[str, Hashable], int] = {}  # place of what `put_off_one` put off

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        return self._cursor(sql, values).rowcount

    def run_many(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        """Run one statement for each row."""
        self._settle()
        self._run_many(sql, rows)

    def put_off(self, sql: str, *values: object) -> None:
        """Run a statement later that changes exactly one row.

        Those put off meanwhile must not depend on each other's order, unless they are alike.
        One that changes no row, or fails, lets every later statement fail up to `roll_back`.
        """
        self._put_off.setdefault(sql, []).append(values)

    def put_off_one(self, sql: str, key: Hashable, row: tuple[object, ...], joined: Joined) -> None:
        """Put off a statement as `put_off` does, as one with the last of this key, where it can.

        Args:
            joined: returns the values that stand for an earlier row and this one, which has the
                same effect as both; None: they stay two.
        """
        rows = self._put_off.setdefault(sql, [])
        place = self._newest.get((sql, key))
        one = None if place is None else joined(rows[place], row)
        if place is None or one is None:
            self._newest[sql, key] = len(rows)
            rows.append(row)
        else:
            rows[place] = one

    def roll_back(self) -> None:
        """End the transaction without a trace."""
        self._put_off.clear()
        self._newest.clear()
        self.run("ROLLBACK")

    def script(self, sql: str) -> None:
        """Run several statements."""
        try:
            self._db.conn.executescript(sql)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def insert(self, table: str, **columns: object) -> None:
        """Insert one row; an existing one with the same key is an error."""
        self.run(inserting(table, *columns), *columns.values())

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        try:
            return self._cursor(sql, values).fetchall()
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

    def _cursor(self, sql: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        self._settle()
        try:
            return self._db.conn.execute(sql, values)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def _settle(self) -> None:
        self._newest.clear()
        while self._put_off:
            sql, rows = next(iter(self._put_off.items()))
            changed = self._run_many(sql, rows)
            if changed != len(rows):
                raise StoreError(
                    f"expected {len(rows)} rows as this transaction read them, found {changed}: "
                    f"somebody else writes this store ({sql[:40]}...)"
                )
            del self._put_off[sql]

    def _run_many(self, sql: str, rows: list[tuple[object, ...]]) -> int:
        try:
            return self._db.conn.executemany(sql, rows).rowcount
        except sqlite3.Error as error:
            raise _translated(error) from error


def inserting(table: str, *columns: str) -> str:
    """Return the statement that inserts one row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _translated(error: sqlite3.Error) -> StoreError:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StoreError(f"expected a store that can be read and written, found {name}: {error}")
