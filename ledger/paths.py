"""Paths: the audit paths of many leaves of one tree. Pure.

Above its own tile a leaf has the same path as its neighbours, so that part is read once.
"""

from __future__ import annotations

from ledger import proofs
from ledger.tiles import HEIGHT, WIDTH, TileReader


class Paths:
    """Makes audit paths (RFC 6962, 2.1.1) in the tree of a reader, for one thread."""

    def __init__(self, read: TileReader) -> None:
        self._read = read
        self._above: dict[int, tuple[bytes, ...]] = {}  # by number of the full tile

    def __call__(self, index: int) -> tuple[bytes, ...]:
        """Return the audit path of a leaf, the leaf's sibling first.

        Raises:
            ProofError: no such leaf in the tree, or a tile is missing.
        """
        number = index // WIDTH
        above = self._above.get(number)
        if above is not None:
            return (*self._read.siblings(index), *above)
        path = proofs.prove_inclusion(index, self._read.size, self._read)
        if (number + 1) * WIDTH <= self._read.size:
            self._above[number] = path[HEIGHT:]
        return path
