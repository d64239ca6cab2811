"""The public log as the store tells it: one tree for each year, and the tiles of its hashes."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ledger import tiles
from ledger.tiles import Tile, TileReader
from ledger.tree import HASH_BYTES, Frontier


class Witnessed(Struct, frozen=True):
    """The newest checkpoint of a log that one witness has cosigned.

    Args:
        witness: its verifier key.
        note: the checkpoint with every cosignature that is known for this size.
    """

    witness: str
    size: int
    note: bytes


class LogView(Struct, frozen=True, kw_only=True):
    """The public log of one year, as a tree; `checkpoint` is its newest signed note.

    Args:
        first: index of its first entry in the store; the tree counts from 0.
        witnessed: what each witness has cosigned last, the largest first.
    """

    first: int
    origin: str
    frontier: Frontier
    checkpoint: bytes = b""
    witnessed: tuple[Witnessed, ...] = ()

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.frontier.size

    @property
    def end(self) -> int:
        """Index in the store after its last entry."""
        return self.first + self.size

    @property
    def note(self) -> bytes:
        """The newest checkpoint, with the cosignatures that it has already."""
        return self.cosigned(self.size) or self.checkpoint

    def cosigned(self, size: int) -> bytes:
        """Return the cosigned checkpoint of this size, b"" if no witness stands at it."""
        return next((one.note for one in self.witnessed if one.size == size), b"")


class LogReader(Protocol):
    """The public log: one tree for each year. Its leaves are the entries' envelopes."""

    def log(self, origin: str | None = None) -> LogView | None:
        """Return the log of this origin, or the newest one."""
        ...

    def logs(self) -> tuple[LogView, ...]:
        """Return all logs, oldest first."""
        ...

    def log_of(self, index: int) -> LogView | None:
        """Return the log whose tree holds the entry with this index in the store."""
        ...

    def tile(self, first: int, level: int, number: int) -> bytes:
        """Return the hashes of a tile, as far as it is filled, of the log that begins at `first`.

        A tile holds at most 256 hashes of 32 bytes (c2sp.org/tlog-tiles).
        """
        ...

    def envelopes(self, start: int, end: int) -> tuple[bytes, ...]:
        """Return the envelopes of the entries from index `start` on, before `end`, as stored."""
        ...


def hashes(source: LogReader, view: LogView, size: int | None = None) -> TileReader:
    """Return the reader of a log's subtree hashes, as of `size` leaves (None: all)."""

    def read_file(path: str) -> bytes | None:
        tile = tiles.parse_path(path)
        return tile_bytes(source, view, tile)

    return TileReader(view.size if size is None else size, read_file)


def tile_bytes(source: LogReader, view: LogView, tile: Tile) -> bytes | None:
    """Return the content of a hash tile, None if the store has less of it."""
    assert tile.level is not None, "entry bundles are made of entries"
    found = source.tile(view.first, tile.level, tile.index)[: tile.width * HASH_BYTES]
    return found if len(found) == tile.width * HASH_BYTES else None
