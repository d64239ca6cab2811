"""Tree: every transaction of the gateway ends with its entries in the public log's tree.

Rules kept here:
- Entries, chain heads, frontier, tiles and checkpoint become durable together, or none does.
- What is hashed are the bytes read back from the store, not those that were handed over.
- Our own signature is verified before it is written.
- One log for each township and year; the first entry of a year names the last checkpoint before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from gateway.errors import RollbackError
from gateway.register.log import GatewayLog
from gateway.stores import Store, Transaction
from gateway.stores.calendar import local_date
from gateway.stores.trees import LogView
from ledger import checkpoint, notes
from ledger.checkpoint import Checkpoint
from ledger.notes import SignatureType
from ledger.records import LogStart
from ledger.signers import Signer
from ledger.tiles import HEIGHT, WIDTH
from ledger.tree import Frontier, leaf_hash


class Halt:
    """Forbids signing, for good; any thread may set it and ask it."""

    def __init__(self) -> None:
        self._why: str | None = None

    def forbid(self, error: RollbackError) -> None:
        """Let every later `check` raise; the first error stands."""
        self._why = self._why or str(error)

    def check(self) -> None:
        """Return if nothing forbids signing.

        Raises:
            RollbackError: the log contradicts what others know of it.
        """
        if self._why is not None:
            raise RollbackError(self._why)


class PublicLog:
    """Grows one township's public log; belongs to the thread that writes the store.

    Args:
        signer: the log's own key, which signs nothing but checkpoints.
        origin: names the log of a year.
        halt: ends all signing as soon as the log is known to be a rollback.
    """

    def __init__(
        self,
        own: GatewayLog,
        signer: Signer,
        origin: Callable[[int], str],
        halt: Halt | None = None,
    ) -> None:
        self._own, self._signer, self._origin = own, signer, origin
        self._halt = halt or Halt()

    @contextmanager
    def transaction(self, store: Store, now_ms: int) -> Iterator[Transaction]:
        """Begin a transaction of the store; what it appends is in the tree when it ends.

        Raises:
            StoreError: nothing was written.
            LedgerError: the checkpoint cannot be signed; nothing was written.
            RollbackError: nothing may be signed any more.
        """
        self._halt.check()
        with store.transaction() as transaction:
            self.begin(transaction, now_ms)
            yield transaction
            self.grow(transaction)
            self._halt.check()

    def grow(self, transaction: Transaction) -> None:
        """Put every entry that is in no tree yet into the newest log's."""
        before = transaction.log()
        start = 0 if before is None else before.end
        envelopes = transaction.envelopes(start, transaction.size())
        if not envelopes:
            return
        assert before is not None, "a log is begun before its first entry"
        frontier, tiles = extend(transaction, before, envelopes)
        head = Checkpoint(before.origin, frontier.size, frontier.root())
        note = checkpoint.sign(head, self._signer)
        key = notes.key_of(self._signer.record, before.origin, SignatureType.ED25519)
        checkpoint.verify(note, (key,))
        after = LogView(
            first=before.first, origin=before.origin, frontier=frontier, checkpoint=note
        )
        transaction.grow_log(before, after, tiles)

    def begin(self, transaction: Transaction, now_ms: int) -> None:
        """Begin this year's log, unless it is there."""
        origin = self._origin(int(local_date(now_ms)[:4]))
        newest = transaction.log()
        if newest is not None and newest.origin >= origin:
            return  # also when the clock went back: a closed log stays closed
        first = transaction.size()
        transaction.begin_log(LogView(first=first, origin=origin, frontier=Frontier()))
        if newest is not None and newest.size:
            previous = newest.checkpoint.decode()
            body = LogStart(origin=origin, previous=previous, cause="year")
            self._own.append(transaction, body, now_ms)


def extend(
    transaction: Transaction, view: LogView, envelopes: Iterable[bytes]
) -> tuple[Frontier, dict[tuple[int, int], bytes]]:
    """Return a log's frontier after more entries, and the tiles that grew by (level, number)."""
    tiles = _Tiles(transaction, view)
    frontier = view.frontier.extend(map(leaf_hash, envelopes), tiles.add)
    return frontier, tiles.grown


class _Tiles:
    """The tiles that a growth touches, as they are after it."""

    def __init__(self, transaction: Transaction, view: LogView) -> None:
        self._transaction, self._first = transaction, view.first
        self.grown: dict[tuple[int, int], bytes] = {}

    def add(self, level: int, index: int, subtrees: Sequence[bytes]) -> None:
        """Take the complete subtrees that came to exist at a level; see `ledger.tree.Found`."""
        if level % HEIGHT:
            return
        number, filled = divmod(index, WIDTH)
        start = -filled
        while start < len(subtrees):
            place = (level // HEIGHT, number)
            before = self._transaction.tile(self._first, *place) if start < 0 else b""
            self.grown[place] = before + b"".join(subtrees[max(0, start) : start + WIDTH])
            number, start = number + 1, start + WIDTH
