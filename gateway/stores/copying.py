"""Copying: a whole, consistent copy of a store that another process may be writing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from gateway import files
from gateway.errors import StoreError
from gateway.stores.sqlite import FILE

_BESIDE = ("", "-wal", "-shm", "-journal")


def copy(source: Path, target: Path) -> None:
    """Copy the store of one folder into another, which holds none; durable on return.

    The copy is the state at one moment; the writer goes on meanwhile. It is one file, that can
    be read from a read-only disk.

    Raises:
        StoreError: the source cannot be read, or the target not written, or the copy is damaged.
    """
    path = target / FILE
    try:
        files.make_folder(target, 0o700)
        path.touch(mode=0o600)
        with (
            contextlib.closing(sqlite3.connect(_uri(source / FILE, "ro"), uri=True)) as old,
            contextlib.closing(sqlite3.connect(_uri(path, "rw"), uri=True)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
            found = new.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise StoreError(f"expected a copy without damage at {path}, found: {found[:200]}")
        with path.open("rb") as file:
            os.fsync(file.fileno())
        files.sync_folder(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"expected to copy {source / FILE} to {path}, found: {error}") from error


def remove(folder: Path) -> None:
    """Remove the store of a folder, if there is one; nobody may have it open.

    Raises:
        OSError: it cannot be removed.
    """
    for end in _BESIDE:
        (folder / f"{FILE}{end}").unlink(missing_ok=True)
    files.sync_folder(folder)


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
