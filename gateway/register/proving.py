"""Proving: answer a machine that asks for receipts, against what is published."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.register.log import Letter
from gateway.register.publish import Publisher
from gateway.stores import Reader, trees
from gateway.stores.trees import LogView
from ledger import growth, proofs, receipts
from ledger.asking import Ask
from ledger.growth import Growth
from ledger.receipts import Receipt
from ledger.tiles import TileReader
from ledger.topics import Leaf, Topic


class _Head(Struct, frozen=True):
    """A log as it was published last, and the reader of its hashes."""

    view: LogView
    read: TileReader


class Prover:
    """Answers from one snapshot of the store; made anew after each publication."""

    def __init__(self, reader: Reader, publisher: Publisher, township: str) -> None:
        self._reader, self._township = reader, township
        self._heads: dict[str, _Head] = {}
        for view in reader.logs():
            if publisher.size(view.origin) == view.size:
                self._heads[view.origin] = _Head(view, trees.hashes(reader, view))

    def answer(self, device: str, ask: Ask) -> Iterator[Letter] | None:
        """Return what goes down to a machine, or None while something is not published yet.

        Each checkpoint goes ahead of the receipts that name it. Entries that we do not have are
        left out: the machine knows which it has sent.
        """
        found: dict[str, list[tuple[str, int]]] = {}
        for sha256 in ask.entries:
            entry = self._reader.entry(sha256)
            if entry is None:
                continue
            view = self._reader.log_of(entry.index)
            if view is None or view.origin not in self._heads:
                return None
            found.setdefault(view.origin, []).append((sha256, entry.index - view.first))
        if ask.log in self._heads:
            found.setdefault(ask.log, [])
        return self._letters(device, ask, found)

    def _letters(
        self, device: str, ask: Ask, found: dict[str, list[tuple[str, int]]]
    ) -> Iterator[Letter]:
        newest = max(self._heads, default="")
        for origin in sorted(found):
            head = self._heads[origin]
            known = ask.size if origin == ask.log else 0
            if known > head.view.size and origin != newest:
                continue  # the end of that log is lost; its successor says so in the open
            yield self._letter(device, Leaf.CHECKPOINT, (), _growth(head, known))
            for sha256, index in found[origin]:
                path = proofs.prove_inclusion(index, head.view.size, head.read)
                receipt = receipts.encode(Receipt(index, path, head.view.note))
                yield self._letter(device, Leaf.RECEIPT, (sha256,), receipt)

    def _letter(self, device: str, leaf: Leaf, rest: tuple[str, ...], payload: bytes) -> Letter:
        return Letter(topic=str(Topic(self._township, device, leaf, rest)), payload=payload)


def _growth(head: _Head, known: int) -> bytes:
    """Return the growth from what a machine knows; one that knows more than we learns that."""
    size = head.view.size
    path = proofs.prove_consistency(known, size, head.read) if known <= size else ()
    return growth.encode(Growth(known, path, head.view.note))
