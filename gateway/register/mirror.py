"""Mirror: read a copy of the public files of a township's logs, believing nothing unsigned.

A mirror may lie anywhere: the web server's folder, a villager's USB stick. Its checkpoints count
by their signature, its entries by the root that they lead to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gateway.register.checking import log_keys
from gateway.register.publish import CHECKPOINT, WITNESSED
from ledger import checkpoint, notes, tiles
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, ProofError
from ledger.messages import KeyRecord
from ledger.tiles import WIDTH, Tile


class Signed(Struct, frozen=True):
    """A checkpoint that one of the township's log keys signed, and where it was found."""

    head: Checkpoint
    note: bytes
    where: str


class MirroredLog(Struct, frozen=True):
    """One log in a mirror."""

    signed: Signed
    folder: Path

    def entries(self, start: int) -> Iterator[bytes]:
        """Yield the entries from index `start` of the log on, up to the checkpoint.

        Raises:
            ProofError: a file is missing.
            MalformedError: a file is damaged.
        """
        size = self.signed.head.size
        for number in range(start // WIDTH, -(-size // WIDTH)):
            width = min(WIDTH, size - number * WIDTH)
            skip = max(0, start - number * WIDTH)
            yield from self._bundle(Tile(None, number, width))[skip:]

    def _bundle(self, bundle: Tile) -> list[bytes]:
        for found in (bundle, Tile(None, bundle.index)):
            path = self.folder / found.path
            if path.exists():
                return tiles.decode_bundle(path.read_bytes(), found.width)[: bundle.width]
        raise ProofError(
            f"expected {self.folder / bundle.path} for a log of {self.signed.head.size} entries, "
            "found none: use another mirror"
        )


def logs(folder: Path, records: tuple[KeyRecord, ...]) -> tuple[MirroredLog, ...]:
    """Return the logs of a mirror, oldest first.

    Raises:
        LedgerError: a checkpoint that is not signed by one of these logs' keys.
        ProofError: there is no log at all.
    """
    found = [
        MirroredLog(read(path, records), path.parent)
        for path in sorted(folder.glob(f"*/{CHECKPOINT}"))
    ]
    return tuple(sorted(found, key=lambda one: one.signed.head.origin))


def witnessed(folder: Path, records: tuple[KeyRecord, ...]) -> tuple[Signed, ...]:
    """Return the newest cosigned checkpoints that lie in a mirror."""
    return tuple(read(path, records) for path in sorted(folder.glob(f"*/{WITNESSED}")))


def read(path: Path, records: tuple[KeyRecord, ...]) -> Signed:
    """Return the checkpoint of a file.

    Raises:
        LedgerError: it is none, or not signed by one of these logs' keys.
    """
    return verified(path.read_bytes(), records, str(path))


def verified(raw: bytes, records: tuple[KeyRecord, ...], where: str) -> Signed:
    """Return a checkpoint whose log signature holds; `where` it came from is for messages.

    Raises:
        LedgerError: it is none, or not signed by one of these logs' keys.
    """
    try:
        name = checkpoint.parse(notes.parse(raw).text).origin
        return Signed(checkpoint.verify(raw, log_keys(records, name)), raw, where)
    except LedgerError as error:
        raise type(error)(f"{where}: {error}") from error
