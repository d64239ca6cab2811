"""Asking: how a machine asks for proofs of entries that it knows. Pure.

The question is not signed: it changes nothing, and what comes back proves itself.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger.errors import MalformedError
from ledger.records import Count, Hash

MOST_ENTRIES = 64  # in one question; a machine that has more asks again

Origin = Annotated[str, Meta(max_length=200)]
Entries = Annotated[tuple[Hash, ...], Meta(max_length=MOST_ENTRIES)]


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Prove these entries (payload hashes), and that the log which I know has only grown.

    `log` and `size` are the newest checkpoint that the machine believes; "" and 0 for none.
    `witnessed`: it believes only what witnesses have cosigned, so answer with such a checkpoint.
    """

    log: Origin
    size: Count
    entries: Entries
    witnessed: bool = False


def encode(ask: Ask) -> bytes:
    """Return the message of a question."""
    return msgspec.json.encode(ask)


def parse(raw: bytes) -> Ask:
    """Return the question of a message.

    Raises:
        MalformedError: it is none, or asks for more than 64 entries.
    """
    try:
        return msgspec.json.decode(raw, type=Ask)
    except ValueError as error:
        raise MalformedError(f"expected log, size and entries to prove: {error}") from error
