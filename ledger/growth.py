"""Growth: that a log which somebody knows at one size has only grown since. Pure.

The bytes are those of C2SP tlog-witness, add-checkpoint: the size that the receiver knows, the
consistency proof from there, and the checkpoint. The gateway asks its witnesses with them, and
answers its machines; a witness without a network gets and gives them as files.

Source: c2sp.org/tlog-witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ledger import checkpoint, proofs
from ledger.checkpoint import Checkpoint
from ledger.errors import MalformedError, ProofError
from ledger.notes import NoteKey
from ledger.spelling import decimal, hash_text, parse_hash

MOST_HASHES = 63  # the specification: longer proofs are refused


class Growth(Struct, frozen=True):
    """A checkpoint (signed note, as it came) and the proof from the size `old` to it."""

    old: int
    path: tuple[bytes, ...]
    note: bytes


def encode(growth: Growth) -> bytes:
    """Return the bytes that are sent: the body of add-checkpoint."""
    lines = [f"old {growth.old}", *map(hash_text, growth.path), "", ""]
    return "\n".join(lines).encode() + growth.note


def parse(raw: bytes) -> Growth:
    """Take the bytes apart; the checkpoint is not judged.

    Raises:
        MalformedError: another form, or a proof of more than 63 hashes.
    """
    head, blank, note = raw.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("expected the old size in ASCII, found other bytes") from error
    word, space, size = first.partition(" ")
    if not blank or (word, space) != ("old", " ") or len(hashes) > MOST_HASHES:
        raise MalformedError(
            f"expected `old SIZE`, at most {MOST_HASHES} hashes, a blank line and a checkpoint, "
            f"found {raw[:80]!r}"
        )
    return Growth(decimal(size), tuple(map(parse_hash, hashes)), note)


def follow(known: Checkpoint | None, growth: Growth, logs: Iterable[NoteKey]) -> Checkpoint:
    """Return the checkpoint of `growth` if it is signed and continues the one that is known.

    Args:
        known: what the receiver has believed last of this log, None for nothing.

    Raises:
        MalformedError, UnknownKeyError, SignatureError: no checkpoint of one of these logs.
        StaleError: the proof begins at another size than the known one; ask again from there.
        ProofError: the two checkpoints contradict each other: the log has been rewritten.
    """
    new = checkpoint.verify(growth.note, logs)
    if known is not None and known.origin != new.origin:
        raise MalformedError(f"expected the log {known.origin}, found {new.origin}")
    size = 0 if known is None else known.size
    if growth.old != size:
        raise StaleError(size, growth.old)
    _verify(known, new, growth.path)
    return new


class StaleError(MalformedError):
    """The proof is for another size than the one that is known: no contradiction, only late."""

    code = "stale"
    hint = "Ask again, from the size that is known."

    def __init__(self, known: int, found: int) -> None:
        super().__init__(f"expected a proof from size {known}, found one from {found}")
        self.known = known


def _verify(known: Checkpoint | None, new: Checkpoint, path: Sequence[bytes]) -> None:
    if known is None or known.size == 0:
        if path:
            raise ProofError(f"expected no proof from the empty log, found {len(path)} hashes")
        return
    proofs.verify_consistency(known.size, new.size, path, known.root, new.root)
