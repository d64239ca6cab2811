"""The journal's file: opened by one writer, read by anybody, its errors translated once."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlite_utils
from msgspec import Struct

from device.errors import JournalError

WAIT_S = 5.0
_RECEIPTS = "SELECT e.seq, r.receipt FROM receipts r JOIN entries e USING (sha256) ORDER BY e.seq"


class Snapshot(Struct, frozen=True, kw_only=True):
    """A journal as it stood at one moment; `entries` yields (seq, envelope), oldest first.

    `openings` are (payload hash, encrypted to the township) of the entries that withhold values,
    `receipts` (seq, tlog-proof) of the entries that are proved to stand in the public log.
    """

    acknowledgement: bytes | None
    acked: int
    photos: tuple[str, ...]
    openings: tuple[tuple[str, bytes], ...]
    receipts: tuple[tuple[int, bytes], ...]
    entries: Iterator[tuple[int, bytes]]


@contextmanager
def snapshot(path: Path) -> Iterator[Snapshot]:
    """Read a journal, also one that an agent is writing.

    Raises:
        JournalError: it cannot be read.
    """
    with translated(path):
        conn = connect(path, read_only=True).conn
    try:
        with translated(path):
            conn.execute("BEGIN")
            kept = dict(conn.execute("SELECT key, value FROM meta WHERE key IN ('ack', 'acked')"))
            photos = [row[0] for row in conn.execute("SELECT sealed_sha256 FROM photos")]
            yield Snapshot(
                acknowledgement=kept.get("ack"),
                acked=int(kept.get("acked", 0)),
                photos=tuple(photos),
                openings=tuple(conn.execute("SELECT sha256, sealed FROM openings")),
                receipts=tuple(conn.execute(_RECEIPTS)),
                entries=conn.execute("SELECT seq, envelope FROM entries ORDER BY seq"),
            )
    finally:
        conn.close()


def connect(path: Path, *, read_only: bool = False) -> sqlite_utils.Database:
    """Open a journal's database: WAL and FULL, since NORMAL loses rows in a power cut."""
    uri = f"{path.resolve().as_uri()}{'?mode=ro' if read_only else ''}"
    conn = sqlite3.connect(
        uri, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False
    )
    if not read_only:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
    return sqlite_utils.Database(conn)


def claim(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise JournalError(f"expected to be the only agent on {path}, found another") from error
    return handle


@contextmanager
def translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"expected to read and write {path}, found: {error}; the machine stays locked until "
            "the technician has freed or replaced the disk"
        ) from error
