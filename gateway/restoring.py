"""Restoring: the steps of seal-gateway restore in their order, and what the operator reads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gateway import successor as successors
from gateway.config import GatewayConfig
from gateway.errors import RollbackError
from gateway.register import mirror
from gateway.restore import Report, Restore
from gateway.stores import Store
from gateway.wiring import load_keys


class Asked(Struct, frozen=True):
    """What the operator gave: a backup, public files, single checkpoints; begin a successor?

    `agreed`: the county's agreement to the key that begins it.
    """

    backup: Path | None
    mirrors: tuple[Path, ...]
    witnessed: tuple[Path, ...]
    successor: bool
    agreed: Path | None = None


def run(config: GatewayConfig, asked: Asked) -> Iterator[str]:
    """Restore, and yield line by line what was done; the store is whole after the last line.

    Raises:
        GatewayError, LedgerError: why not. The marker stays, so that no gateway starts on what
            is there; run it again with what the message asks for.
    """
    work = Restore(config, asked.backup, asked.mirrors)
    store = work.begin()
    try:
        replayed = work.replay(store)
        photos = work.photos(store)
        begun = _judge_losses(config, work, store, asked)
        report = work.report(store, replayed, photos)
    finally:
        store.close()
    yield from _lines(report)
    if begun:
        yield f"begun: {begun}; the lost log before it stays as it is"
    work.finish()
    yield "restored: start the gateway; machines send what is missing by themselves"


def _judge_losses(config: GatewayConfig, work: Restore, store: Store, asked: Asked) -> str:
    """Begin a successor if that was asked for; otherwise nothing may be known to be lost.

    Returns:
        The successor's origin, or "".

    Raises:
        RollbackError: somebody holds a checkpoint of more than could be restored.
    """
    now_ms = time.time_ns() // 1_000_000
    records = work.ring.records()
    given = tuple(mirror.read(path, records) for path in asked.witnessed)
    lost = successors.look(config, records, store, (*work.witnessed(store), *given), now_ms)
    if asked.successor:
        agreed = None if asked.agreed is None else asked.agreed.read_bytes()
        return successors.begin(config, load_keys(config), store, lost, now_ms, agreed)
    if lost.last is not None:
        head = lost.last.head
        with store.reader() as reader:
            view = reader.log(head.origin)
        raise RollbackError(
            f"expected the log {head.origin} with the {head.size} entries that {lost.last.where} "
            f"speaks of, restored {0 if view is None else view.size}: run it again with --mirror "
            "and a newer copy of the public files; only if nobody has one, with --successor"
        )
    return ""


def _lines(report: Report) -> Iterator[str]:
    yield f"entries: {report.entries}, {report.replayed} of them from public files"
    for origin, size in report.logs:
        yield f"log: {origin} {size}"
    yield f"photos: {report.photos} brought back, {report.photos_missing} missing"
    if report.photos_missing:
        yield "missing photos: seal-device export at the machines, then import-device here"
    for version in report.lists_missing:
        yield f"list {version}: its file came after the backup; draft it again (list import --by)"
