"""The public log as the store tells it: one tree for each year, and the tiles of its hashes."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ledger import tiles
from ledger.tiles import Tile, TileReader
from ledger.tree import HASH_BYTES, Frontier


class LogView(Struct, frozen=True, kw_only=True):
    """The public log of one year, as a tree; `checkpoint` is its newest signed note.

    Args:
        first: index of its first entry in the store; the tree counts from 0.
    """

    first: int
    origin: str
    frontier: Frontier
    checkpoint: bytes = b""

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.frontier.size

    @property
    def end(self) -> int:
        """Index in the store after its last entry."""
        return self.first + self.size


class TileSource(Protocol):
    """Whatever has the tiles; see `gateway.stores.LogReader`."""

    def tile(self, first: int, level: int, number: int) -> bytes: ...


def hashes(source: TileSource, view: LogView, size: int | None = None) -> TileReader:
    """Return the reader of a log's subtree hashes, as of `size` leaves (None: all)."""

    def read_file(path: str) -> bytes | None:
        tile = tiles.parse_path(path)
        return tile_bytes(source, view, tile)

    return TileReader(view.size if size is None else size, read_file)


def tile_bytes(source: TileSource, view: LogView, tile: Tile) -> bytes | None:
    """Return the content of a hash tile, None if the store has less of it."""
    assert tile.level is not None, "entry bundles are made of entries"
    found = source.tile(view.first, tile.level, tile.index)[: tile.width * HASH_BYTES]
    return found if len(found) == tile.width * HASH_BYTES else None
