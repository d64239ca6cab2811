"""Folder: a machine's exported log as it lies on a stick; read with suspicion, nothing believed.

`entries/%012d.dsse` by seq, `openings/<payload sha256>.age`, `photos/<sealed sha256>.age`; other
folders of the export are not looked at. Only plain files are read: a link could lead anywhere.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from msgspec import Struct

from gateway.errors import GatewayError
from ledger import envelope
from ledger.errors import LedgerError
from ledger.keys import KeyRing

_SEQ = re.compile(r"[0-9]{12}\.dsse\Z")
_HASH = re.compile(r"[0-9a-f]{64}\.age\Z")


class FolderError(GatewayError):
    """The folder is not the exported log of a machine, or cannot be read."""

    code = "folder"
    hint: ClassVar[str] = "Export the machine's log again: seal-device export DIR; copy all of it."


class DeviceFolder(Struct, frozen=True, kw_only=True):
    """The files of an exported log; entries in order of seq."""

    folder: Path
    entries: tuple[Path, ...]
    openings: tuple[Path, ...]
    photos: tuple[Path, ...]


def look(folder: Path) -> DeviceFolder:
    """Return what lies in a folder; nothing in it is judged yet.

    Raises:
        FolderError: it is no exported log, or holds files that an export does not make.
    """
    if not (folder / "entries").is_dir():
        raise FolderError(
            f"expected a folder made by seal-device export at {folder}, found no entries/ in it"
        )
    entries = _files(folder / "entries", _SEQ)
    if not entries:
        raise FolderError(f"expected entries/<12 digits>.dsse in {folder}, found none")
    return DeviceFolder(
        folder=folder,
        entries=entries,
        openings=_files(folder / "openings", _HASH),
        photos=_files(folder / "photos", _HASH),
    )


def author(found: DeviceFolder, ring: KeyRing) -> str:
    """Return the machine whose key signed the first entry that verifies.

    Raises:
        FolderError: no entry verifies under the key of a machine that is trusted here.
    """
    wrong = ""
    for path in found.entries:
        try:
            _, record = envelope.verify(read(path, envelope.LARGEST_ENTRY), ring)
        except LedgerError as error:
            wrong = wrong or f"{path.name}: {error}"
            continue
        if record.role == "device":
            return record.holder
        wrong = wrong or f"{path.name}: signed by {record.role} {record.holder}"
    raise FolderError(
        f"expected entries signed by a machine that is trusted here in {found.folder}, found none "
        f"({wrong})"
    )


def read(path: Path, largest: int) -> bytes:
    """Return a file's bytes, at most one more than `largest`, which is enough to refuse it.

    Raises:
        FolderError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise FolderError(f"expected to read {path}, found: {error}") from error


def _files(folder: Path, name: re.Pattern[str]) -> tuple[Path, ...]:
    """Return a folder's files in order; what the system of a stick hides there is left out."""
    if not folder.is_dir():
        return ()
    try:
        found = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    except OSError as error:
        raise FolderError(f"expected to read {folder}, found: {error}") from error
    for one in found:
        if not name.match(one.name) or one.is_symlink() or not one.is_file():
            raise FolderError(
                f"expected plain files as an export makes them in {folder}, found {one.name!r}"
            )
    return tuple(found)
