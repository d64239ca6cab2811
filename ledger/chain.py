"""Chain: one author's entries, each naming the hash of the one before. Pure."""

from __future__ import annotations

from msgspec import Struct

from ledger.codec import Payload
from ledger.errors import ChainError
from ledger.records import Party, Position


class Head(Struct, frozen=True, kw_only=True, gc=False):
    """The end of a chain so far; seq 0 names the author's key record.

    `at_ms` is the time of the last entry (0 before the first), so that time never goes back.
    """

    party: Party
    author: str
    epoch: int
    seq: int
    sha256: str
    at_ms: int = 0


def follow(head: Head, boot: int, at_ms: int, mark: int | None) -> Position:
    """Return the position of the entry that comes after `head`; its time never goes back."""
    return Position(
        device=head.author if head.party == "device" else None,
        gateway=head.author if head.party == "gateway" else None,
        epoch=head.epoch,
        seq=head.seq + 1,
        prev=head.sha256,
        boot=boot,
        at_ms=max(at_ms, head.at_ms),
        mark=mark,
    )


def advance(head: Head, entry: Payload) -> Head:
    """Return the head after `entry`.

    Raises:
        ChainError: `author`, `epoch`, `gap` (later entries are missing before it), `repeat`
            (an older seq; compare the hashes), `fork` (the next seq, another past).
    """
    position = entry.position
    party, author = position.author
    if (party, author) != (head.party, head.author):
        raise ChainError("author", f"expected an entry of {head.author}, found one of {author}")
    if position.epoch != head.epoch:
        raise ChainError("epoch", f"expected epoch {head.epoch}, found {position.epoch}")
    if position.seq > head.seq + 1:
        raise ChainError("gap", f"expected entry {head.seq + 1}, found {position.seq}")
    if position.seq <= head.seq:
        raise ChainError("repeat", f"expected entry {head.seq + 1}, found {position.seq} again")
    if position.prev != head.sha256:
        raise ChainError(
            "fork",
            f"expected entry {position.seq} to follow {head.sha256}, found it after "
            f"{position.prev}",
        )
    return Head(
        party=head.party,
        author=head.author,
        epoch=head.epoch,
        seq=position.seq,
        sha256=entry.sha256,
        at_ms=position.at_ms,
    )
