"""Memory of wrong PINs: what a restart must not forget, in one small file.

Times are kept as what was left to wait, not as moments: the wait begins anew at a start, so that
switching the machine off and on never shortens it, whatever its clock shows.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

log = structlog.get_logger()


class Standing(Struct, frozen=True, kw_only=True):
    """Wrong tries of one card in a row, the wait from now on, and whether it is locked."""

    wrong: int
    wait_s: float
    locked: bool


class PinMemory:
    """The file; None as its path keeps nothing, for a screen without a machine."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def load(self) -> dict[str, Standing] | None:
        """Return the standings by `key_of` a card; None: the file is damaged, nobody knows."""
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Standing])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.error("pin_memory_unreadable", path=str(self._path), why=str(error))
            return None

    def save(self, standings: dict[str, Standing]) -> None:
        """Keep the standings, durable on return.

        Raises:
            OSError: the disk refused.
        """
        if self._path is None:
            return
        unfinished = self._path.with_suffix(".part")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(standings))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def key_of(card: str) -> str:
    """Return the name of a card in the file; the identifier itself stays out of it."""
    return hashlib.sha256(card.encode()).hexdigest()
