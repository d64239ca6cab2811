"""Cosignatures: keep what witnesses have signed of our own checkpoints, and nothing else."""

from __future__ import annotations

from gateway.errors import RollbackError, StoreError
from gateway.register.keybook import KeyBook
from gateway.stores import Transaction, trees
from gateway.stores.trees import LogView, Witnessed
from ledger import checkpoint, notes, tree
from ledger.checkpoint import Checkpoint
from ledger.notes import NoteKey, Signed


class Cosignatures:
    """Judges cosigned checkpoints; belongs to the writer thread.

    Args:
        keys: says which key of the log may sign what.
        witnesses: whose lines count.
    """

    def __init__(self, keys: KeyBook, witnesses: tuple[NoteKey, ...]) -> None:
        self._keys, self._witnesses = keys, witnesses

    def keep(self, transaction: Transaction, note: bytes) -> int:
        """Keep a checkpoint with its cosignatures and return its size.

        Lines of several witnesses on one size come together, in whatever order they arrive; for
        each witness the largest size stays.

        Raises:
            LedgerError: not signed by our log, or a cosignature does not hold.
            RollbackError: our log's key signed it, and our store holds something else.
            StoreError: no log of this name is here.
        """
        name = checkpoint.parse(notes.parse(note).text).origin
        head = self._keys.at(transaction).log_terms.verify(note)
        view = transaction.log(name)
        if view is None:
            raise StoreError(f"expected a log of ours, found a checkpoint of {name}")
        signed = checkpoint.verify_cosignatures(note, self._witnesses)
        self._check(transaction, view, head, signed)
        for one in view.witnessed:
            if one.size == head.size:
                lines = "".join(map(str, notes.parse(one.note).lines)).encode()
                note = checkpoint.add_cosignatures(note, lines, self._witnesses)
        known = {one.witness: one.size for one in view.witnessed}
        renewed = {one.key.vkey for one in signed if head.size >= known.get(one.key.vkey, 0)}
        renewed |= {witness for witness, size in known.items() if size == head.size}
        for vkey in sorted(renewed):
            transaction.put_witnessed(view.first, Witnessed(vkey, head.size, note))
        return head.size

    def _check(
        self,
        transaction: Transaction,
        view: LogView,
        head: Checkpoint,
        signed: tuple[Signed, ...],
    ) -> None:
        """Return if the store holds what was cosigned."""
        who = ", ".join(one.key.name for one in signed)
        if head.size > view.size:
            raise RollbackError.behind(who, head.origin, head.size, view.size)
        if tree.root(head.size, trees.hashes(transaction, view)) != head.root:
            raise RollbackError.contradicted(who, head.origin, head.size, view.size)
