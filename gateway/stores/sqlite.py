"""The SQLite store: one file, one writer, WAL with synchronous=FULL.

Rules kept here:
- A transaction's block has ended = its rows are on the disk (FULL syncs the log at commit).
- One process holds the folder: a second writer is refused by a lock on the file beside it.
- Damage and full disks come out as StoreError; the transaction is rolled back.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from msgspec import Struct

from gateway.errors import RestoreError, StoreError
from gateway.stores import actors, schema
from gateway.stores.sqlite_entries import ENTRY, decoded
from gateway.stores.sqlite_log import LogQueries
from gateway.stores.sqlite_writes import SqliteTransaction
from gateway.stores.tables import BUSY_MS, Tables, open_tables

FILE = "gateway.sqlite"
LOCK = "gateway.lock"
MARKER = "restore-unfinished"  # lies beside a store that is not whole yet
CACHE_KIB = 16_384  # for the indexes, which every batch touches all over
LONGEST_LOG_PAGES = 4000  # a page that is written often goes from the log to its place once
ACTORS_FROM = 8  # the version whose `actors` lack second persons and those beside them
ACTING_KINDS = (
    *("hatch", "takeout", "handover", "service", "seal-state", "seal-sample"),
    *("emergency", "emergency-codes"),
)
CHUNK = 500  # entries that are brought up to date at once
EMPTYING_MS = 250  # how long erasing waits for readers before it leaves the rest for later


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the store is.

    Args:
        folder: the gateway's state folder; made with mode 0700 if it is missing.
        writable: False reads a store that another process may be writing.
        restoring: open it although it is not whole yet.
    """

    folder: Path
    writable: bool = True
    restoring: bool = False


def connect(options: Options) -> SqliteStore:
    """Open the store, creating it at the first start.

    Raises:
        StoreError: another process writes it, it is of another version, or it cannot be read.
    """
    path = options.folder / FILE
    if (options.folder / MARKER).exists() and not options.restoring:
        raise RestoreError(
            f"expected a whole store at {path}, found a restore that was not finished: run "
            "seal-gateway restore again, to its end"
        )
    if not options.writable:
        if not path.exists():
            raise StoreError(f"expected a store at {path}, found none: run the gateway first")
        return SqliteStore(path, None, None)
    try:
        options.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"expected a writable folder {options.folder}: {error}") from error
    lock = _locked(options.folder / LOCK)
    try:
        return SqliteStore(path, _prepared(path), lock)
    except BaseException:
        lock.close()
        raise


class SqliteStore:
    """See `gateway.stores.Store`."""

    def __init__(self, path: Path, writer: Tables | None, lock: TextIO | None) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._local = threading.local()
        self._guard = threading.Lock()
        self._idle: list[Tables] = []
        self._closed = False
        self._unclean = False  # erased values may still lie in the write-ahead log

    @contextlib.contextmanager
    def reader(self) -> Iterator[LogQueries]:
        """See `gateway.stores.Store.reader`; nested calls share the outer snapshot."""
        outer: LogQueries | None = getattr(self._local, "queries", None)
        if outer is not None:
            yield outer
            return
        tables = self._idle_tables()
        tables.run("BEGIN")
        self._local.queries = LogQueries(tables)
        try:
            yield self._local.queries
        finally:
            self._local.queries = None
            tables.roll_back()
            self._give_back(tables)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """See `gateway.stores.Store.transaction`."""
        tables = self._tables()
        tables.run("BEGIN IMMEDIATE")
        try:
            transaction = SqliteTransaction(tables)
            yield transaction
            tables.run("COMMIT")
        except BaseException:
            with contextlib.suppress(StoreError):  # a full disk may have rolled back already
                tables.roll_back()
            raise
        self._unclean |= transaction.erased
        if self._unclean:  # secure_delete cleans the database, this its write-ahead log
            self._unclean = not _emptied(tables)

    def derived(self) -> dict[str, list[tuple[Any, ...]]]:
        """See `gateway.stores.Store.derived`."""
        tables = self._tables()
        return {
            name: sorted(tables.rows(f"SELECT * FROM {name}"), key=repr)
            for name in schema.DERIVED_TABLES
        }

    def rebuild(self) -> None:
        """See `gateway.stores.Store.rebuild`."""
        with self.transaction() as transaction:
            transaction.rebuild()

    def close(self) -> None:
        """See `gateway.stores.Store.close`."""
        with self._guard:
            self._closed = True
            for tables in self._idle:
                tables.close()
            self._idle.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _idle_tables(self) -> Tables:
        """Return a read-only connection that nobody uses: threads come and go, these stay."""
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return open_tables(self._path, writable=False)

    def _give_back(self, tables: Tables) -> None:
        with self._guard:
            if not self._closed:
                self._idle.append(tables)
                return
        tables.close()

    def _tables(self) -> Tables:
        if self._writer is None:
            raise StoreError(f"expected {self._path} open for writing, found it read-only")
        return self._writer


def _prepared(path: Path) -> Tables:
    tables = open_tables(path, writable=True)
    tables.run("PRAGMA journal_mode = WAL")
    tables.run("PRAGMA synchronous = FULL")
    tables.run("PRAGMA foreign_keys = ON")
    tables.run("PRAGMA secure_delete = ON")  # an erased opening leaves no trace in the file
    tables.run(f"PRAGMA cache_size = {-CACHE_KIB}")
    tables.run(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG_PAGES}")
    version = _upgraded(tables, tables.value("PRAGMA user_version"))
    if version == 0:
        tables.script(f"BEGIN IMMEDIATE; {schema.CREATE} COMMIT;")
    elif version != schema.VERSION:
        tables.close()
        raise StoreError(
            f"expected store version {schema.VERSION} at {path}, found {version}: "
            "run the program version that wrote it"
        )
    _emptied(tables)  # a crash may have come between erasing and this
    return tables


def _upgraded(tables: Tables, version: int) -> int:
    """Bring an older store up to date, a version in one transaction; return its version then."""
    while version in schema.UPGRADES:
        if version == ACTORS_FROM:
            _name_actors(tables)
        tables.script(
            f"BEGIN IMMEDIATE; {schema.UPGRADES[version]}"
            f" PRAGMA user_version = {version + 1}; COMMIT;"
        )
        version += 1
    return version


def _name_actors(tables: Tables) -> None:
    """Name who acted in entries whose kinds have fields that did not count before."""
    last = -1
    marks = ", ".join("?" * len(ACTING_KINDS))
    where = f"WHERE f.kind IN ({marks}) AND f.idx > ? ORDER BY f.idx LIMIT {CHUNK}"
    while rows := tables.rows(f"{ENTRY} {where}", *ACTING_KINDS, last):
        for entry in map(decoded, rows):
            named: list[tuple[object, ...]] = [
                (account, entry.index) for account in actors.of(entry.body)
            ]
            tables.run_many("INSERT OR IGNORE INTO actors (account, idx) VALUES (?, ?)", named)
            last = entry.index


def _emptied(tables: Tables) -> bool:
    """Empty the write-ahead log; False while some reader needs it: the next transaction tries."""
    tables.run(f"PRAGMA busy_timeout = {EMPTYING_MS}")
    row = tables.row("PRAGMA wal_checkpoint(TRUNCATE)")
    tables.run(f"PRAGMA busy_timeout = {BUSY_MS}")
    return row is not None and row[0] == 0


def _locked(path: Path) -> TextIO:
    try:
        file = path.open("a")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StoreError(
            f"expected nobody else to write {path.parent}, found a running gateway: use its "
            "console, or stop it first"
        ) from error
    except OSError as error:
        raise StoreError(f"expected a writable folder {path.parent}: {error}") from error
    return file
