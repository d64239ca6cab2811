"""Receipts: the proof, in one file, that an entry stands in the public log. Pure.

Source: c2sp.org/tlog-proof. A receipt needs nothing but the entry's bytes and public keys to be
verified, offline and for ever; `extra` is not covered by any signature and is never believed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from msgspec import Struct

from ledger import checkpoint, policy, proofs
from ledger.checkpoint import Checkpoint
from ledger.errors import MalformedError
from ledger.notes import LARGEST_NOTE, NoteKey
from ledger.policy import Policy
from ledger.spelling import decimal, hash_lines, parse_hash, unbase64
from ledger.tree import LARGEST_SIZE, check_hashes, leaf_hash

FIRST_LINE = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MOST_HASHES = 63  # a path in the largest tree
LARGEST_RECEIPT = 2 * LARGEST_NOTE  # bytes


class Receipt(Struct, frozen=True):
    """The place of an entry, its audit path (sibling of the leaf first), and the signed head.

    `checkpoint` are the bytes of the note as the log and its witnesses signed it.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def encode(receipt: Receipt) -> bytes:
    """Return the bytes of a receipt.

    Raises:
        MalformedError: what is in it can not be written as a receipt.
        ProofError: a hash of the path is not 32 bytes.
    """
    check_hashes("a hash of the path", receipt.path)
    lines = [FIRST_LINE]
    if receipt.extra is not None:
        lines.append(f"extra {base64.b64encode(receipt.extra).decode()}")
    if not 0 <= receipt.index < LARGEST_SIZE or len(receipt.path) > MOST_HASHES:
        raise MalformedError(
            f"expected an index below 2^63 and at most {MOST_HASHES} hashes, "
            f"found {receipt.index} and {len(receipt.path)}"
        )
    head = "\n".join([*lines, f"index {receipt.index}", ""]).encode()
    raw = head + hash_lines(receipt.path) + b"\n" + receipt.checkpoint
    if not receipt.checkpoint or len(raw) > LARGEST_RECEIPT:
        raise MalformedError(f"expected a checkpoint, found {len(receipt.checkpoint)} bytes")
    return raw


def parse(raw: bytes) -> Receipt:
    """Take a receipt apart without judging its proof; the checkpoint in it stays unread.

    Raises:
        MalformedError: too large, or not the one form of a receipt.
    """
    if len(raw) > LARGEST_RECEIPT:
        raise MalformedError(
            f"expected a receipt of at most {LARGEST_RECEIPT} bytes, found {len(raw)}"
        )
    head, blank, signed = raw.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError(f"expected a receipt in ASCII: {error}") from error
    if first != FIRST_LINE or not blank or not signed:
        raise MalformedError(f"expected {FIRST_LINE} and a checkpoint, found {first[:100]!r}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = unbase64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise MalformedError(f"expected a line with the index, found {lines[:1]!r}"[:200])
    index = decimal(lines.pop(0).removeprefix("index "))
    if len(lines) > MOST_HASHES or index >= LARGEST_SIZE:
        raise MalformedError(f"expected at most {MOST_HASHES} hashes, found {len(lines)}")
    return Receipt(index, tuple(map(parse_hash, lines)), signed, extra)


def verify(
    receipt: Receipt,
    leaf: bytes,
    logs: Iterable[NoteKey],
    quorum: Policy | None = None,
    *,
    unchecked: bool = False,
) -> Checkpoint:
    """Return the checkpoint under which the entry stands in the log, if it does.

    Args:
        leaf: the entry's bytes (the whole DSSE envelope), not their hash.
        logs: the keys of the logs that are trusted.
        quorum: whose witnesses must have cosigned; None asks for none, because a receipt
            comes at once and the witnessed one follows.
        unchecked: see `ledger.notes.verify`.

    Raises:
        MalformedError: the checkpoint is none.
        UnknownKeyError, SignatureError: none of `logs` signed it, or a signature does not hold.
        QuorumError: too few witnesses have cosigned it.
        ProofError: the entry is not the leaf at this index.
    """
    head = checkpoint.verify(receipt.checkpoint, logs, unchecked=unchecked)
    if quorum is not None:
        policy.satisfied(quorum, receipt.checkpoint)
    proofs.verify_inclusion(leaf_hash(leaf), receipt.index, head.size, receipt.path, head.root)
    return head
