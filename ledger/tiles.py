"""Tiles: the public log as static files; which there are, what they hold, how to read them. Pure.

Source: c2sp.org/tlog-tiles. A tile holds up to 256 hashes of one level, a bundle the entries of
one level-0 tile. Full tiles never change; a partial one belongs to the tree sizes that end in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from ledger.errors import MalformedError, ProofError
from ledger.tree import HASH_BYTES, HashReader, check_size, pairs

WIDTH = 256
HEIGHT = 8  # a tile spans this many levels of the tree
LARGEST_ENTRY = 65_535  # bytes; the length before an entry is a uint16
_HIGHEST_LEVEL = 63
_NUMBER = r"(?:x[0-9]{3}/)*[0-9]{3}"
_PATH = re.compile(
    rf"tile/(entries|0|[1-9][0-9]?)/({_NUMBER})(?:\.p/([1-9][0-9]{{0,2}}))?", re.ASCII
)

FileReader = Callable[[str], bytes | None]
"""`read_file(path)` returns the bytes of a file of the public log, None where there is none."""


class Tile(Struct, frozen=True):
    """A tile, or with level None an entry bundle; `width` is how many hashes or entries it holds.

    Hash `i` of tile (level, index) is the root of the complete subtree of height 8 * level that
    has the number 256 * index + i.
    """

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where the file lies, below the prefix of the log."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")


def parse_path(path: str) -> Tile:
    """Return the tile or bundle that a path names.

    Raises:
        MalformedError: not the one spelling of a path of the public log.
    """
    match = _PATH.fullmatch(path)
    if match is not None:
        level, number, width = match.groups()
        tile = Tile(
            None if level == "entries" else int(level),
            int(re.sub("[x/]", "", number)),
            WIDTH if width is None else int(width),
        )
        if tile.path == path and (tile.level or 0) <= _HIGHEST_LEVEL:
            return tile
    raise MalformedError(f"expected the path of a tile or bundle, found {path[:100]!r}")


def tiles_between(old: int, new: int) -> list[Tile]:
    """Return the tiles that come to exist when a tree grows from `old` to `new` leaves.

    The full ones first, then those that are partial at size `new`; `tiles_between(0, size)` is
    all that a mirror of that size must hold. Partial tiles of sizes in between are left out.
    """
    return [tile for level in range(_levels(new)) for tile in _row(level, old, new)]


def bundles_between(old: int, new: int) -> list[Tile]:
    """Return the entry bundles that come to exist when a tree grows from `old` to `new`."""
    return [Tile(None, tile.index, tile.width) for tile in _row(0, old, new)]


def tile_of(level: int, index: int, size: int) -> Tile:
    """Return the tile at this place as it is in a tree of `size` leaves: full or partial.

    Raises:
        ProofError: a tree of this size has no such tile.
    """
    check_size(size)
    width = min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH)
    if width < 1 or index < 0:
        raise ProofError(f"expected a tile within a tree of {size}, found {level}/{index}")
    return Tile(level, index, width)


def tile_bytes(tile: Tile, read: HashReader) -> bytes:
    """Return the content of a tile, from hashes that a store or memory holds.

    Raises:
        ProofError: a hash that is not 32 bytes, or the tile is a bundle.
    """
    if tile.level is None:
        raise ProofError(f"expected a tile of hashes, found {tile.path}")
    level, first = HEIGHT * tile.level, WIDTH * tile.index
    data = b"".join(read(level, first + at) for at in range(tile.width))
    _check_length(tile, data)
    return data


def split_tile(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tile.

    Raises:
        ProofError: not as many bytes as its width asks for.
    """
    _check_length(tile, data)
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def tile_root(data: bytes) -> bytes:
    """Return the root over a full tile: the hash that stands for it one level above."""
    row: Sequence[bytes] = split_tile(Tile(0, 0), data)
    while len(row) > 1:
        row = pairs(row)
    return row[0]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length (uint16, big-endian).

    Raises:
        MalformedError: an entry that is too long for a bundle, or not 1 to 256 entries.
    """
    row = list(entries)
    if not 1 <= len(row) <= WIDTH:
        raise MalformedError(f"expected 1 to {WIDTH} entries in a bundle, found {len(row)}")
    longest = max(map(len, row))
    if longest > LARGEST_ENTRY:
        raise MalformedError(f"expected an entry of at most {LARGEST_ENTRY} bytes, found {longest}")
    return b"".join([part for one in row for part in (len(one).to_bytes(2, "big"), one)])


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Return the `width` entries of a bundle.

    Raises:
        MalformedError: cut short, too long, or another number of entries.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or len(entries) != width:
        raise MalformedError(
            f"expected {width} whole entries in a bundle, found {len(entries)} "
            f"that end at byte {at} of {len(data)}"
        )
    return entries


class TileReader:
    """Reads the hashes of a tree of `size` leaves from its tiles; calling it is a `HashReader`.

    Tiles are not believed: what is computed from them must be compared with a signed root. Where
    the partial tile of this size is gone, the full tile that replaced it is read.

    Args:
        keep: how many tiles, with the levels in between, stay in memory.
    """

    def __init__(self, size: int, read_file: FileReader, keep: int = 64) -> None:
        check_size(size)
        self.size = size
        self._read_file = read_file
        self._levels = lru_cache(keep)(self._read_levels)

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            ProofError: the tile is missing or has another length, or the tree has no such hash.
        """
        row, height = divmod(level, HEIGHT)
        if not 0 <= index < self.size >> level:
            raise ProofError(
                f"expected a subtree within {self.size} leaves, found {index} at level {level}"
            )
        tile, place = divmod(index, WIDTH >> height)
        return self._levels(row, tile)[height][place]

    def siblings(self, index: int) -> list[bytes]:
        """Return the siblings of a leaf, and of each subtree over it, up to the root of its tile.

        Raises:
            ProofError: the tile is missing, not full, or of another length.
        """
        tile, place = divmod(index, WIDTH)
        if not 0 <= index < self.size // WIDTH * WIDTH:
            raise ProofError(f"expected a leaf in a full tile of {self.size}, found leaf {index}")
        levels = self._levels(0, tile)
        return [levels[height][place >> height ^ 1] for height in range(HEIGHT)]

    def _read_levels(self, row: int, index: int) -> list[Sequence[bytes]]:
        return _pyramid(self._fetch(tile_of(row, index, self.size)))

    def _fetch(self, tile: Tile) -> tuple[bytes, ...]:
        data = self._read_file(tile.path)
        if data is not None:
            return split_tile(tile, data)
        full = Tile(tile.level, tile.index)
        data = None if full == tile else self._read_file(full.path)
        if data is None:
            raise ProofError(
                f"expected the tile {tile.path} for a tree of {self.size}, found none: whoever "
                "publishes the log must publish it again"
            )
        return split_tile(full, data)[: tile.width]


def _pyramid(hashes: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The hashes of a tile, and above them those of every level up to the tile's own root."""
    levels = [hashes]
    while len(levels) <= HEIGHT:
        levels.append(pairs(levels[-1]))
    return levels


def _levels(size: int) -> int:
    """How many levels of tiles a tree has."""
    return -(-size.bit_length() // HEIGHT)


def _row(level: int, old: int, new: int) -> list[Tile]:
    """The tiles of one level that a growth adds: full ones, and the partial one at the end."""
    check_size(old)
    check_size(new)
    before, after = old >> (HEIGHT * level), new >> (HEIGHT * level)
    if after <= before:
        return []
    full = [Tile(level, index) for index in range(before // WIDTH, after // WIDTH)]
    return full + ([Tile(level, after // WIDTH, after % WIDTH)] if after % WIDTH else [])


def _check_length(tile: Tile, data: bytes) -> None:
    if len(data) != tile.width * HASH_BYTES:
        raise ProofError(
            f"expected {tile.width * HASH_BYTES} bytes in {tile.path}, found {len(data)}"
        )
