"""Proving: answer a machine that asks for receipts, against what is published."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.register.log import Letter
from gateway.register.publish import Head, Publisher
from gateway.stores import Reader, trees
from gateway.stores.trees import LogView
from ledger import growth, proofs, receipts
from ledger.asking import Ask
from ledger.growth import Growth
from ledger.paths import Paths
from ledger.receipts import Receipt
from ledger.tiles import TileReader
from ledger.topics import Leaf, Topic


class Answer(Struct, frozen=True):
    """`letters` go down to the machine; `later` are entries that are not published yet."""

    letters: Iterator[Letter]
    later: tuple[str, ...]


class _Log(Struct, frozen=True):
    """A log as it was published last, the reader of its hashes, and its audit paths."""

    first: int
    head: Head
    read: TileReader
    paths: Paths


class Prover:
    """Answers from one snapshot of the store, with what was published by then."""

    def __init__(self, reader: Reader, publisher: Publisher, township: str) -> None:
        self._reader, self._township = reader, township
        published = {head.origin: head for head in publisher.heads()}
        self._logs: dict[str, _Log] = {}
        self._cosigned: dict[str, _Log] = {}
        for view in reader.logs():
            head = published.get(view.origin)
            if head is not None:
                self._logs[view.origin] = _of(reader, view, head)
                self._cosigned |= _cosigned(reader, view, head)

    def answer(self, device: str, ask: Ask) -> Answer:
        """Return what goes down to a machine, and what it must wait for.

        Each checkpoint goes ahead of the receipts that name it. Entries that we do not have are
        left out: the machine knows which it has sent. Who believes witnesses alone is answered
        by the newest checkpoint that any has cosigned, and waits for the next one.
        """
        logs = self._cosigned if ask.witnessed else self._logs
        logs = {name: one for name, one in logs.items() if not _is_behind(one, ask)}
        found: dict[str, list[tuple[str, int]]] = {}
        later = []
        for sha256 in ask.entries:
            entry = self._reader.entry(sha256)
            if entry is None:
                continue
            origin = _origin(logs, entry.index)
            if origin is None:
                later.append(sha256)
                continue
            found.setdefault(origin, []).append((sha256, entry.index - logs[origin].first))
        if ask.log in logs and not later:
            found.setdefault(ask.log, [])
        return Answer(self._letters(device, ask, logs, found), tuple(later))

    def _letters(
        self,
        device: str,
        ask: Ask,
        logs: dict[str, _Log],
        found: dict[str, list[tuple[str, int]]],
    ) -> Iterator[Letter]:
        newest = max(self._logs, default="")
        for origin in sorted(found):
            head, read, paths = logs[origin].head, logs[origin].read, logs[origin].paths
            known = ask.size if origin == ask.log else 0
            if known > head.size and origin != newest:
                continue  # the end of that log is lost; its successor says so in the open
            yield self._letter(device, Leaf.CHECKPOINT, (), _growth(head, read, known))
            for sha256, index in found[origin]:
                receipt = receipts.encode(Receipt(index, paths(index), head.note))
                yield self._letter(device, Leaf.RECEIPT, (sha256,), receipt)

    def _letter(self, device: str, leaf: Leaf, rest: tuple[str, ...], payload: bytes) -> Letter:
        return Letter(topic=str(Topic(self._township, device, leaf, rest)), payload=payload)


def _of(reader: Reader, view: LogView, head: Head) -> _Log:
    read = trees.hashes(reader, view, head.size)
    return _Log(view.first, head, read, Paths(read))


def _cosigned(reader: Reader, view: LogView, published: Head) -> dict[str, _Log]:
    """Return the log as witnesses have cosigned it last, by its origin; nothing if none has."""
    for one in view.witnessed:
        if one.size <= published.size:
            return {view.origin: _of(reader, view, Head(view.origin, one.size, one.note))}
    return {}


def _is_behind(log: _Log, ask: Ask) -> bool:
    """Tell whether witnesses have seen less of a log than the machine that asks for them."""
    return ask.witnessed and ask.log == log.head.origin and log.head.size < ask.size


def _origin(logs: dict[str, _Log], index: int) -> str | None:
    """Return the log that holds an entry, as far as it may be told."""
    for origin, log in logs.items():
        if log.first <= index < log.first + log.head.size:
            return origin
    return None


def _growth(head: Head, read: TileReader, known: int) -> bytes:
    """Return the growth from what a machine knows; one that knows more than we learns that."""
    path = proofs.prove_consistency(known, head.size, read) if known <= head.size else ()
    return growth.encode(Growth(known, path, head.note))
