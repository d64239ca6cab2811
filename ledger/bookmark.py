"""Bookmark: what a verifier must remember of a township's logs to go on later. Pure data.

It stands at a full tile, so that the next tile can be judged whole. It is small: it holds no
permits, which are judged only when the logs are read from their beginning.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ledger.errors import MalformedError
from ledger.logterms import Named
from ledger.verify_chains import ChainEnds
from ledger.verify_spans import Act


class Bookmark(Struct, frozen=True, kw_only=True):
    """Everything before entry `size` of the log `origin` was judged.

    Args:
        size: a number of full tiles, in entries.
        tree: the frontier over those tiles' roots, as `Frontier.to_bytes` writes it.
        ends: of the authors' chains.
        acts: the entries about keys since the founding; None: the logs found no keys.
        named: the log's keys that entries have brought in.
        before: the checkpoint of the log before this one, b"" if there is none.
    """

    origin: str
    size: int
    tree: bytes
    ends: ChainEnds
    acts: tuple[Act, ...] | None
    named: tuple[Named, ...]
    before: bytes

    @property
    def is_blank(self) -> bool:
        """Nothing was judged before it, not even whether the logs keep their own keys."""
        return self.size == 0 and self.acts is None


def encode(bookmark: Bookmark) -> bytes:
    """Return a bookmark as bytes, for a file of one's own."""
    return msgspec.msgpack.encode(bookmark)


def decode(data: bytes) -> Bookmark:
    """Return the bookmark that `encode` wrote.

    Raises:
        MalformedError: it was written by another version, or the disk damaged it.
    """
    try:
        return msgspec.msgpack.decode(data, type=Bookmark)
    except ValueError as error:
        raise MalformedError(f"expected a bookmark, found {error}") from error
