"""Files that must survive a loss of power: written whole or not at all, durable with their name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file in place of what is there; readers see the old one or the new one, whole.

    Durable with its name on return.

    Raises:
        OSError: the disk does not take it; what was there stands.
    """
    replace_all([(path, data)], mode)


def replace_all(files: Iterable[tuple[Path, bytes]], mode: int = 0o644) -> None:
    """Write files as `replace` does, each of them; all are durable on return.

    Raises:
        OSError: the disk does not take them; of each, the old one or the new one stands.
    """
    folders = set()
    for path, data in files:
        make_folder(path.parent)
        fresh = path.with_name(f".{path.name}.new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folders.add(path.parent)
    for folder in folders:
        sync_folder(folder)


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Make a folder and those above it that are missing; durable on return."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
