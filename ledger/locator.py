"""Locator: the short address of an entry that fits on paper. Pure.

`<year>/<index>/<key code>/<entry code>`: the log's year, the entry's index in its tree, and the
first 80 bits of two hashes in 16 letters each: of the log's public key (its key id) and of the
entry's leaf. Paper so binds whoever publishes the log: another key, or another entry at this
place, is found by who holds the paper. The letters are Crockford's: no I, L, O, U.
"""

from __future__ import annotations

import re

from msgspec import Struct

from ledger import algorithms
from ledger.errors import MalformedError
from ledger.spelling import decimal
from ledger.tree import leaf_hash

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_BYTES = 10
_CODE = re.compile(f"[{LETTERS}]{{16}}", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)


class Locator(Struct, frozen=True):
    """Where an entry stands, and what it and the log's key are."""

    year: str
    index: int
    key_code: str
    entry_code: str

    def __str__(self) -> str:
        return f"{self.year}/{self.index}/{self.key_code}/{self.entry_code}"


def locate(origin: str, index: int, public_key: bytes, envelope: bytes) -> Locator:
    """Return the locator of an entry.

    Args:
        origin: of the log, which ends in its year.
        index: of the entry in the tree of this log.
        public_key: of the log.
        envelope: the entry's bytes as they lie in the log.

    Raises:
        UnknownKeyError: the key has no length that a public key of ours has.
    """
    year = origin.rsplit("/", 1)[-1]
    return Locator(year, index, key_code(public_key), _code(leaf_hash(envelope)))


def key_code(public_key: bytes) -> str:
    """Return the code of a log's key, which people compare by eye.

    Raises:
        UnknownKeyError: of no length that a public key of ours has.
    """
    return _code(bytes.fromhex(algorithms.key_id(public_key)))


def parse(text: str) -> Locator:
    """Return what a locator says, in its one spelling.

    Raises:
        MalformedError: another form.
    """
    parts = text.split("/")
    if len(parts) == 4:
        year, index, *codes = parts
        if _YEAR.fullmatch(year) and all(map(_CODE.fullmatch, codes)):
            return Locator(year, decimal(index), *codes)
    raise MalformedError(
        f"expected year/index/key code/entry code, each code of 16 letters, found {text[:100]!r}"
    )


def grouped(code: str) -> str:
    """Return a code in groups of four, as people read it."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _code(digest: bytes) -> str:
    bits = int.from_bytes(digest[:_CODE_BYTES], "big")
    return "".join(LETTERS[bits >> at & 31] for at in range(75, -1, -5))
