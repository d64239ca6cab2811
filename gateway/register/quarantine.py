"""Quarantine: bytes that were not taken, kept as evidence within bounds.

Each machine has room of its own, so that one that floods us cannot push out another's
evidence, and forks have a room apart, so that junk cannot push out a fork. Names that are no
machine of ours share one room. When a room is full, messages are counted, not kept.
"""

from __future__ import annotations

from gateway.stores import Transaction
from gateway.stores.views import Trouble, TroubleCode
from ledger import codec
from ledger.bus import Message

MOST_KEPT = 200  # messages in one room
MOST_BYTES = 8_000_000  # bytes in one room
LARGEST_KEPT = 256 * 1024  # of a longer message only its hash and size are kept
LONGEST_DETAIL = 500
LONGEST_TOPIC = 200


class ArrivalError(Exception):
    """A message that cannot be taken; `code` says what is wrong with it."""

    def __init__(self, code: TroubleCode, detail: str) -> None:
        super().__init__(detail)
        self.code: TroubleCode = code
        self.detail = detail


def keep(
    transaction: Transaction, error: ArrivalError, machine: str, message: Message, now_ms: int
) -> bool:
    """Put a message into its room; False: the same bytes lie there already."""
    digest = codec.sha256(message.payload)
    if transaction.is_quarantined(digest, message.topic[:LONGEST_TOPIC]):
        return False
    room = machine if transaction.is_machine(machine) else ""
    count, size = transaction.quarantined(room, error.code == "fork")
    kept = len(message.payload) <= LARGEST_KEPT
    if count >= MOST_KEPT or size + (len(message.payload) if kept else 0) > MOST_BYTES:
        transaction.drop(room, now_ms)
        return True
    trouble = Trouble(
        number=0,
        code=error.code,
        machine=room,
        topic=message.topic[:LONGEST_TOPIC],
        sha256=digest,
        size=len(message.payload),
        kept=kept,
        detail=error.detail[:LONGEST_DETAIL],
        received_ms=now_ms,
    )
    transaction.quarantine(trouble, message.payload if kept else None)
    return True
