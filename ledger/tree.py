"""Tree: Merkle hashes, and the frontier that grows. Pure.

Source: RFC 6962, section 2.1, with SHA-256. A hash is exactly 32 bytes, everywhere. Roots and
proofs (`ledger.proofs`) are computed from a `HashReader`, so that memory, store and tiles share
one algorithm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from ledger.errors import MalformedError, ProofError

HASH_BYTES = 32
LARGEST_SIZE = 2**63 - 1  # the largest number of leaves that C2SP programs read
EMPTY = hashlib.sha256(b"").digest()
_SIZE_BYTES = 8

HashReader = Callable[[int, int], bytes]
"""`read(level, index)` returns the root of the complete subtree over the 2**level leaves from
leaf `index * 2**level` on. It is asked only for subtrees that lie within the tree; what it
raises for one that it lacks passes through."""

Found = Callable[[int, int, Sequence[bytes]], None]
"""`found(level, index, hashes)` hears of the complete subtrees that come to exist at a level,
leaves included: their roots from `index` on. Each level comes at most once, the lowest first."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def pairs(row: Sequence[bytes]) -> list[bytes]:
    """Return the hashes of the nodes above hashes that stand side by side; an odd one is left."""
    sha256 = hashlib.sha256
    both = zip(row[::2], row[1::2], strict=False)
    return [sha256(b"\x01" + left + right).digest() for left, right in both]


class Frontier(Struct, frozen=True):
    """The right edge of a tree: all that is needed to append, and to know the root.

    `hashes` are the roots of the complete subtrees that the tree consists of, the largest
    (leftmost) first: one for each bit that is set in `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        check_size(self.size)
        if len(self.hashes) != self.size.bit_count():
            raise ProofError(
                f"expected {self.size.bit_count()} hashes at the edge of a tree of {self.size}, "
                f"found {len(self.hashes)}"
            )
        check_hashes("a hash at the edge of the tree", self.hashes)

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier after one more leaf, given by its hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes], found: Found | None = None) -> Frontier:
        """Return the frontier after more leaves, given by their hashes in order.

        Args:
            found: hears of every complete subtree that comes to exist, so that a store can
                keep those which it reads back later.

        Raises:
            ProofError: a hash that is not 32 bytes; nothing was changed, and `found` heard
                nothing.
        """
        row = list(leaves)
        check_hashes("a leaf hash", row)
        after, old, edge = self.size + len(row), list(self.hashes), list[bytes]()
        before, level = self.size, 0
        while row:  # level by level: those on it that are new, and the one that waits there
            if found is not None:
                found(level, before, row)
            if before & 1:
                row.insert(0, old.pop())
            if len(row) & 1:
                edge.append(row.pop())
            row, before, level = pairs(row), before >> 1, level + 1
        return Frontier(after, (*old, *reversed(edge)))

    def root(self) -> bytes:
        """Return the root hash of the whole tree; `EMPTY` for no leaves."""
        return _join(self.hashes)

    def to_bytes(self) -> bytes:
        """Return one byte string for a database row: size (uint64, big-endian), then hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Return the frontier that `to_bytes` wrote.

        Raises:
            MalformedError: not the number of bytes that belong to its size.
        """
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        expected = _SIZE_BYTES + size.bit_count() * HASH_BYTES
        if len(data) != expected or size > LARGEST_SIZE:
            raise MalformedError(
                f"expected {expected} bytes for the frontier of a tree of {size}, found {len(data)}"
            )
        return cls(size, _split(data[_SIZE_BYTES:]))


class MemoryHashes:
    """All complete subtrees of a growing tree, in memory; calling it is a `HashReader`."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.frontier = Frontier()
        self._levels: list[list[bytes]] = []
        self.extend(leaves)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaves, given by their hashes."""
        self.frontier = self.frontier.extend(tuple(leaves), self._keep)

    def __call__(self, level: int, index: int) -> bytes:
        return self._levels[level][index]

    def _keep(self, level: int, _index: int, subtrees: Sequence[bytes]) -> None:
        if level == len(self._levels):
            self._levels.append([])
        self._levels[level].extend(subtrees)


def root(size: int, read: HashReader) -> bytes:
    """Return the root of the first `size` leaves."""
    check_size(size)
    return range_root(0, size, read)


def frontier(size: int, read: HashReader) -> Frontier:
    """Return the frontier of the first `size` leaves."""
    check_size(size)
    return Frontier(size, _complete_subtrees(0, size, read))


def range_root(start: int, end: int, read: HashReader) -> bytes:
    """Return the root over the leaves from `start` to before `end`.

    `start` must be a multiple of the smallest power of two that is not below the width.
    """
    return _join(_complete_subtrees(start, end, read))


def check_size(size: int) -> None:
    """Return if a tree may have so many leaves; otherwise raise ProofError."""
    if not 0 <= size <= LARGEST_SIZE:
        raise ProofError(f"expected a tree of 0 to 2^63 - 1 leaves, found {size}")


def check_hashes(what: str, hashes: Iterable[bytes]) -> None:
    """Return if each is 32 bytes long; otherwise raise ProofError, which names `what`."""
    for length in set(map(len, hashes)):
        if length != HASH_BYTES:
            raise ProofError(f"expected {what} of 32 bytes, found {length}")


def _complete_subtrees(start: int, end: int, read: HashReader) -> tuple[bytes, ...]:
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(read(level, start >> level))
        start += 1 << level
    check_hashes("a hash that was read", hashes)
    return tuple(hashes)


def _join(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that shrink to the right."""
    if not hashes:
        return EMPTY
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def _split(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
