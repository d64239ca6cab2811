"""One public log as an outsider knows it: its entries, every head that anybody saw, its receipts.

What is judged:
- no fork (I11): any two heads are consistent, by the product's own proofs and by `merkle`;
- tamper evident (I10): a receipt proves its entry, byte for byte, at the place where it stands.

Heads and receipts may be older or newer than the entries that are known yet: they wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger import checkpoint, codec, envelope, notes, proofs, receipts
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.messages import KeyRecord
from ledger.notes import SignatureType
from ledger.tree import MemoryHashes, leaf_hash
from sim.judge import merkle
from sim.judge.verdict import Finder

SHORT = 16  # hexadecimal digits of a root that people compare


class Head(Struct, frozen=True):
    """A head that somebody saw, the first time; `note` as it was signed, `who` saw it."""

    who: str
    note: bytes
    checkpoint: Checkpoint


class Proved(Struct, frozen=True):
    """A receipt that a machine holds for an entry of its journal."""

    who: str
    seq: int
    raw: bytes
    receipt: bytes


class LogWatch:
    """Knows one log of one township and year; grows with it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.entries: list[bytes] = []
        self._roots, self._hashes = merkle.Roots(), MemoryHashes()
        self._last: Head | None = None  # the largest that was judged
        self._by_size: dict[int, Head] = {}
        self._waiting: list[Head] = []
        self._proved: list[tuple[Proved, receipts.Receipt, Checkpoint]] = []

    def grow(self, entries: Iterable[bytes]) -> None:
        """Take the next entries of the log, as they are published."""
        fresh = list(entries)
        self.entries += fresh
        self._roots.grow(map(merkle.leaf, fresh))
        self._hashes.extend(map(leaf_hash, fresh))

    def see(self, head: Head, find: Finder) -> None:
        """Take a head; two of one size are judged at once."""
        size, new = head.checkpoint.size, head.checkpoint.root
        known = self._by_size.setdefault(size, head)
        old = known.checkpoint.root
        find.expect(
            old == new,
            f"two heads of {self.origin} with {size} entries, seen by {known.who} and {head.who}",
            f"one root {_short(old)}",
            _short(new),
        )
        if known is head:
            self._waiting.append(head)

    def hold(self, one: Proved, receipt: receipts.Receipt, head: Checkpoint) -> None:
        """Take a receipt under a head that was seen; judged by `judge_receipts`."""
        self._proved.append((one, receipt, head))

    def judge_heads(self, find: Finder) -> None:
        """I11: judge every head that is not judged yet, the smallest first.

        One that promises more entries than are published is a breach: call it when they are.
        """
        for head in sorted(self._waiting, key=lambda one: one.checkpoint.size):
            self._judge_head(head, find)
        self._waiting.clear()

    def judge_receipts(self, find: Finder) -> None:
        """I10: judge every receipt that is not judged yet."""
        for one, receipt, head in self._proved:
            self._judge_receipt(one, receipt, head, find)
        self._proved.clear()

    def _judge_head(self, head: Head, find: Finder) -> None:
        size, root, there = head.checkpoint.size, head.checkpoint.root, len(self.entries)
        where = f"head of {self.origin} with {size} entries, seen by {head.who}"
        find.expect(size <= there, where, "so many in the public log", there)
        if size > there:
            return
        found = self._roots[size]
        find.expect(found == root, where, f"root {_short(found)} of its entries", _short(root))
        known = head if self._last is None else self._last
        old, new = sorted((known.checkpoint, head.checkpoint), key=lambda one: one.size)
        trouble = self._inconsistent(old, new)
        find.expect(not trouble, where, f"growth from {old.size} to {new.size}", trouble)
        if size >= known.checkpoint.size:
            self._last = head

    def _inconsistent(self, old: Checkpoint, new: Checkpoint) -> str:
        """Return why the product's own proof does not lead from one head to the other."""
        try:
            path = proofs.prove_consistency(old.size, new.size, self._hashes)
            proofs.verify_consistency(old.size, new.size, path, old.root, new.root)
        except LedgerError as error:
            return str(error)
        return ""

    def _judge_receipt(
        self, one: Proved, receipt: receipts.Receipt, head: Checkpoint, find: Finder
    ) -> None:
        where, index = f"receipt of entry {one.seq} of {one.who}", receipt.index
        known = index < len(self.entries)
        stands = known and self.entries[index] == one.raw
        found = _named(self.entries[index]) if known else "nothing"
        find.expect(stands, where, f"that entry at {index} of {self.origin}", found)
        try:
            proofs.verify_inclusion(leaf_hash(one.raw), index, head.size, receipt.path, head.root)
            trouble = ""
        except LedgerError as error:
            trouble = str(error)
        find.expect(not trouble, where, "a path to its head", trouble)
        root = merkle.root_of_path(merkle.leaf(one.raw), index, head.size, receipt.path)
        find.expect(root == head.root, where, f"root {_short(head.root)}", _short(root or b""))


class Watch:
    """All logs of one township; see `LogWatch`.

    Args:
        record: the key record of the log's key.
    """

    def __init__(self, record: KeyRecord) -> None:
        self._record = record
        self._notes: dict[bytes, Checkpoint] = {}
        self.logs: dict[str, LogWatch] = {}

    def log(self, origin: str) -> LogWatch:
        """Return what is known of a log, which begins here if it is new."""
        return self.logs.setdefault(origin, LogWatch(origin))

    def see(self, who: str, note: bytes, find: Finder) -> Checkpoint | None:
        """I11: take a head that somebody saw; return it if the log's key signed it."""
        if note in self._notes:
            return self._notes[note]
        try:
            origin = checkpoint.parse(notes.parse(note).text).origin
            key = notes.key_of(self._record, origin, SignatureType.ED25519)
            head = checkpoint.verify(note, (key,))
        except LedgerError as error:
            find.expect(False, f"head seen by {who}", "one that the log's key signed", error)
            return None
        self._notes[note] = head
        self.log(origin).see(Head(who, note, head), find)
        return head

    def hold(self, one: Proved, forked: Finder, tampered: Finder) -> None:
        """I10: take a machine's receipt; its head counts as seen by that machine (I11)."""
        try:
            receipt = receipts.parse(one.receipt)
        except LedgerError as error:
            where = f"receipt of entry {one.seq} of {one.who}"
            tampered.expect(False, where, "a receipt", error)
            return
        head = self.see(one.who, receipt.checkpoint, forked)
        if head is not None:
            self.log(head.origin).hold(one, receipt, head)

    def judge(self, forked: Finder, tampered: Finder) -> None:
        """Judge everything taken since the last time: heads (I11) and receipts (I10)."""
        for log in self.logs.values():
            log.judge_heads(forked)
            log.judge_receipts(tampered)


def _named(raw: bytes) -> str:
    """Return whose entry some bytes are, for people."""
    try:
        taken = envelope.parse(raw)
        position = codec.decode_entry(taken.payload_type, taken.payload).position
    except LedgerError:
        return "bytes that are no entry"
    return f"entry {position.seq} of {position.author[1]}"


def _short(root: bytes) -> str:
    return root.hex()[:SHORT] or "none"
