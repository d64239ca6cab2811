"""Succession: does a log that continues another one begin where that one ended? Pure."""

from __future__ import annotations

from ledger import checkpoint, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import ProofError
from ledger.records import LogStart


def predecessor(start: LogStart) -> Checkpoint:
    """Return the checkpoint that a log's first entry names; its signature is not judged.

    Raises:
        MalformedError: it names none.
    """
    return checkpoint.parse(notes.parse(start.previous.encode()).text)


def continues(start: LogStart, known: Checkpoint) -> bool:
    """Tell whether `known` is of the log that `start` continues, as far as that was given out.

    False: the log went on after `known`; take its end first. Of a lost log `start` names what
    witnesses held: who received more before the disk died holds proofs of what is lost.

    Raises:
        ProofError: another predecessor, or one with another content: entries that were there
            are missing from the new log's past.
    """
    named = predecessor(start)
    lost = start.cause == "lost"
    if (
        named.origin != known.origin
        or (named.size == known.size and named.root != known.root)
        or (named.size < known.size and not lost)
    ):
        raise ProofError(
            f"expected {start.origin} to continue {known.origin} from {known.size} entries with "
            f"root {known.root.hex()} on, found that it names {named.origin} at {named.size} with "
            f"root {named.root.hex()}"
        )
    return lost or named.size == known.size
