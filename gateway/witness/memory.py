"""Memory: what a witness has cosigned last of each log, and the evidence that it keeps for ever.

Rules kept here:
- What was cosigned is durable before anybody is told.
- One at a time for each log, whichever thread or process asks: a lock on a file beside it.
- Evidence is written once and never removed.

Layout: `logs/<SHA-256 of the origin>/checkpoint`, and `evidence/<id>.json`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gateway import files
from gateway.errors import StoreError
from ledger import checkpoint, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.notes import NoteKey

CHECKPOINT = "checkpoint"
MOST_UNPROVED = 1000  # for one log; whoever has a signed head can send it with a wrong proof


class Evidence(Struct, frozen=True, kw_only=True):
    """Two heads that the log signed, and the request that brought the second one.

    Args:
        kind: `fork`: one size and two roots, beyond doubt. `unproved`: the proof in the request
            does not lead from the one to the other, which may be the sender's fault.
        known, found: the signed notes; `request` is the body as it came.
    """

    kind: Literal["fork", "unproved"]
    origin: str
    at_ms: int
    known: str
    found: str
    request: str


class Memory:
    """The folder of one witness; any thread may use it.

    Args:
        key: our own, to notice that a file was damaged.
    """

    def __init__(self, folder: Path, key: NoteKey) -> None:
        self._folder, self._key = folder, key
        try:
            for name in ("logs", "evidence"):
                files.make_folder(folder / name, 0o700)
        except OSError as error:
            raise StoreError(f"expected a writable folder {folder}: {error}") from error

    @contextlib.contextmanager
    def place(self, origin: str) -> Iterator[Place]:
        """Give the place of one log to one caller at a time.

        Raises:
            StoreError: the disk cannot be read or written.
        """
        folder = self._folder / "logs" / origin_hash(origin)
        try:
            files.make_folder(folder, 0o700)
            with (folder / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield Place(folder / CHECKPOINT, self._key)
        except OSError as error:
            raise StoreError(f"expected a disk that works at {folder}: {error}") from error

    def note(self, name: str) -> bytes | None:
        """Return the cosigned checkpoint by the hash of its origin; None: never cosigned."""
        if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
            return None
        return _read(self._folder / "logs" / name / CHECKPOINT)

    def notes(self) -> tuple[bytes, ...]:
        """Return every checkpoint that was cosigned last."""
        found = sorted(path.name for path in (self._folder / "logs").iterdir())
        return tuple(note for name in found if (note := self.note(name)) is not None)

    def add_evidence(self, found: Evidence) -> bool:
        """Keep evidence, unless these two heads lie here already; durable on return."""
        heads = (found.known.partition("\n\n")[0], found.found.partition("\n\n")[0])
        name = hashlib.sha256("\n\n".join(heads).encode()).hexdigest()
        path = self._folder / "evidence" / f"{origin_hash(found.origin)[:16]}-{name}.json"
        if path.exists() or (found.kind == "unproved" and self._crowded(found.origin)):
            return False
        try:
            files.replace(path, msgspec.json.format(msgspec.json.encode(found), indent=1))
        except OSError as error:
            raise StoreError(f"expected to keep evidence at {path}: {error}") from error
        return True

    def evidence(self) -> dict[str, Evidence]:
        """Return all evidence by the name of its file."""
        return {
            path.name: msgspec.json.decode(path.read_bytes(), type=Evidence)
            for path in sorted((self._folder / "evidence").glob("[!.]*.json"))
        }

    def _crowded(self, origin: str) -> bool:
        names = (self._folder / "evidence").glob(f"{origin_hash(origin)[:16]}-*.json")
        return sum(1 for _ in names) >= MOST_UNPROVED


class Place:
    """What is known of one log, while nobody else may change it."""

    def __init__(self, path: Path, key: NoteKey) -> None:
        self._path, self._key = path, key

    def note(self) -> bytes:
        """Return the checkpoint that was cosigned last, b"" if there is none."""
        return _read(self._path) or b""

    def head(self) -> Checkpoint | None:
        """Return what `note` says.

        Raises:
            StoreError: the file is damaged; nothing may be cosigned without a memory.
        """
        raw = self.note()
        if not raw:
            return None
        try:
            note = notes.parse(raw)
            notes.verify(note, (self._key,))
            return checkpoint.parse(note.text)
        except LedgerError as error:
            raise StoreError(
                f"expected the checkpoint that we cosigned last at {self._path}, found: {error}; "
                "compare it with the township's public files before you cosign again"
            ) from error

    def keep(self, note: bytes) -> None:
        """Remember a checkpoint that is about to be cosigned; durable on return."""
        files.replace(self._path, note, 0o600)


def origin_hash(origin: str) -> str:
    """Return how c2sp.org/tlog-witness names a log in a URL."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
