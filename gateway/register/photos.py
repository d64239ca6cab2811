"""Photos: encrypted files arrive in chunks, resumable after any cut, and are checked whole.

Topics `photo/<sealed sha256>/init` {"size"}, `.../<offset>` (raw bytes), `.../fin` {"size"}.
Rules kept here:
- A partial file's length is the only memory of a transfer; chunks are appended in order.
- A file that was erased is never stored again: its machine is told that it is done.
- A file is stored only when an entry or an opening of that machine names it, and it is exactly
  that one. Files that nobody named yet wait, within bounds; entries go first.
- Codes: 0x00 stored, 0x10 go on from `offset`, 0x83 abort, 0x97 pause and ask again later.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import structlog
from msgspec import Meta, Struct

from gateway.register.quarantine import ArrivalError
from gateway.register.vault import LARGEST, PhotoMismatchError, Vault
from gateway.stores import Reader
from gateway.stores.views import PhotoView
from ledger.errors import MalformedError
from ledger.topics import Topic

LARGEST_CHUNK = 1024 * 1024  # bytes; machines send 64 KiB
MOST_UNNAMED = 16  # files of one machine that nobody named yet
UNNAMED_BYTES = 128 * 1024 * 1024
STALE_S = 7 * 24 * 3600  # a partial file that nobody touched is given up
MEGABYTE = 1024 * 1024

STORED: Literal[0x00] = 0x00
GO_ON: Literal[0x10] = 0x10
ABORT: Literal[0x83] = 0x83
PAUSE: Literal[0x97] = 0x97
Code = Literal[0x00, 0x10, 0x83, 0x97]

log = structlog.get_logger()


class Reply(Struct, frozen=True, kw_only=True):
    """What to tell the machine; with `arrived` only after the store knows the photo."""

    code: Code
    offset: int
    arrived: PhotoView | None = None


class _Sized(Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=1, le=LARGEST)]


class PhotoIntake:
    """Receives photo files for one township; belongs to the photo thread.

    Args:
        folder: partial files, one folder for each machine.
        floor_mb: below this much free space everything pauses.
        free_mb: free space where the files lie.
    """

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        floor_mb: int,
        free_mb: Callable[[Path], int] | None = None,
    ) -> None:
        self._folder = folder
        self._vault = vault
        self._floor_mb = floor_mb
        self._free_mb = free_mb or free_megabytes
        self._told: dict[Path, int] = {}

    def take(self, reader: Reader, topic: Topic, payload: bytes) -> Reply | None:
        """Take one message of a transfer; None: nothing needs to be said.

        Raises:
            MalformedError: no message of ours.
            ArrivalError: the file is complete and not the one that was named.
        """
        sealed_sha256, what = topic.rest
        part = self._folder / topic.device / f"{sealed_sha256}.part"
        erased_size = reader.erased_photo(sealed_sha256)
        if erased_size is not None:  # it was here once; the machine need not keep it either
            self._forget(part)
            return Reply(code=STORED, offset=erased_size)
        named = [one for one in reader.photo(sealed_sha256) if one.machine == topic.device]
        photo = named[0] if named else None
        if photo is not None and photo.stored_ms is not None:
            return self._known(part, photo)
        if photo is not None and self._vault.has(sealed_sha256):  # a crash came between
            self._forget(part)
            return Reply(code=STORED, offset=photo.sealed_size, arrived=photo)
        if what not in ("init", "fin"):
            return self._chunk(part, photo, what, payload)
        size = _size(payload)
        if photo is not None and size != photo.sealed_size:
            self._forget(part)
            return Reply(code=ABORT, offset=0)
        return self._init(part, photo, size) if what == "init" else self._fin(part, photo, size)

    def clean(self) -> None:
        """Give up partial files that nobody touched for a week."""
        oldest_s = time.time() - STALE_S
        for part in self._folder.glob("*/*.part"):
            if part.stat().st_mtime < oldest_s:
                log.warning("photo_given_up", machine=part.parent.name, file=part.stem)
                self._forget(part)

    def _known(self, part: Path, photo: PhotoView) -> Reply:
        self._forget(part)
        return Reply(code=STORED, offset=photo.sealed_size)

    def _init(self, part: Path, photo: PhotoView | None, size: int) -> Reply:
        if self._free_mb(self._folder) < self._floor_mb:
            return Reply(code=PAUSE, offset=_length(part))
        if photo is None and not part.exists() and not self._room(part.parent, size):
            return Reply(code=PAUSE, offset=0)
        if photo is not None and _length(part) == size:
            return self._complete(part, photo)
        if _length(part) > size:
            self._forget(part)
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.touch(mode=0o600)
        self._told.pop(part, None)
        return Reply(code=GO_ON, offset=_length(part))

    def _chunk(
        self, part: Path, photo: PhotoView | None, what: str, payload: bytes
    ) -> Reply | None:
        if not (what.isascii() and what.isdigit()) or not 0 < len(payload) <= LARGEST_CHUNK:
            raise MalformedError(f"expected an offset and a chunk, found {what!r}")
        offset, length = int(what), _length(part)
        if not part.exists():
            return self._tell(part, Reply(code=GO_ON, offset=0))
        if offset != length:
            return None if offset < length else self._tell(part, Reply(code=GO_ON, offset=length))
        most = LARGEST if photo is None else photo.sealed_size
        if length + len(payload) > most:
            self._forget(part)
            return Reply(code=ABORT, offset=0)
        if not self._append(part, length, payload):
            return Reply(code=PAUSE, offset=_length(part))
        return None

    def _append(self, part: Path, length: int, payload: bytes) -> bool:
        """Append a chunk; on a full disk the file keeps its old length."""
        if self._free_mb(self._folder) < self._floor_mb:
            return False
        try:
            with part.open("ab") as file:
                file.write(payload)
            return True
        except OSError as error:
            log.error("photo_not_written", file=str(part), reason=error.strerror)
            os.truncate(part, length)
            return False

    def _fin(self, part: Path, photo: PhotoView | None, size: int) -> Reply:
        if _length(part) != size:
            return Reply(code=GO_ON, offset=_length(part))
        if photo is None:  # its entry or opening has not come yet: ask again with `init`
            return Reply(code=PAUSE, offset=size)
        return self._complete(part, photo)

    def _complete(self, part: Path, photo: PhotoView) -> Reply:
        try:
            self._vault.add(part, photo)
        except PhotoMismatchError as error:
            self._forget(part)
            if error.sealed:  # damaged on the way: once more from the start
                log.warning("photo_damaged", machine=photo.machine, reason=str(error))
                return Reply(code=GO_ON, offset=0)
            raise ArrivalError("bad-photo", str(error)) from error
        except OSError as error:
            log.error("photo_not_stored", machine=photo.machine, reason=error.strerror)
            return Reply(code=PAUSE, offset=photo.sealed_size)
        self._told.pop(part, None)
        return Reply(code=STORED, offset=photo.sealed_size, arrived=photo)

    def _room(self, folder: Path, size: int) -> bool:
        """Tell whether a machine may send one more file that nobody named."""
        files = [part.stat().st_size for part in folder.glob("*.part")]
        return len(files) < MOST_UNNAMED and sum(files) + size <= UNNAMED_BYTES

    def _tell(self, part: Path, reply: Reply) -> Reply | None:
        """Say once where to go on: all chunks in flight after a lost one ask the same."""
        if self._told.get(part) == reply.offset:
            return None
        self._told[part] = reply.offset
        return reply

    def _forget(self, part: Path) -> None:
        self._told.pop(part, None)
        part.unlink(missing_ok=True)


def free_megabytes(folder: Path) -> int:
    """Return the free space of the disk on which a folder lies, or will lie."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // MEGABYTE


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _size(payload: bytes) -> int:
    try:
        return msgspec.json.decode(payload, type=_Sized).size
    except ValueError as error:
        raise MalformedError(f'expected {{"size": bytes}}, found: {error}') from error
