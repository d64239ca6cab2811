"""Post about the keeping of seals: hatch permits, and what the township says of a seal."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.register.log import Letter
from gateway.stores import Reader
from gateway.stores.custody import HatchView
from gateway.stores.views import LogFilter, StoredEntry
from ledger.records_custody import SealState
from ledger.topics import Leaf, Topic

FOREVER_MS = 2**53 - 1  # what is said of a seal stands until something else is


def hatch_letter(township: str, hatch: HatchView, entry: StoredEntry) -> Letter:
    """Return what stands for a hatch permit: itself, or that it was withdrawn."""
    topic = Topic(township, hatch.machine, Leaf.PERMIT, (hatch.permit,))
    return Letter(topic=str(topic), payload=entry.envelope, until_ms=hatch.not_after_ms)


def state_letter(township: str, entry: StoredEntry, seal: str) -> Letter:
    """Return what stands for a seal that the township stopped, or that is in use again."""
    topic = Topic(township, entry.machine, Leaf.PERMIT, (f"state-{seal}",))
    return Letter(topic=str(topic), payload=entry.envelope, until_ms=FOREVER_MS)


def standing(reader: Reader, township: str, now_ms: int) -> Iterator[Letter]:
    """Yield what should stand at the broker now."""
    for hatch in reader.hatches():
        if hatch.in_force(now_ms) and hatch.released_index is not None:
            entry = reader.entry(hatch.released_index)
            if entry is not None:
                yield hatch_letter(township, hatch, entry)
    for one in reader.seal_standings():
        said = _newest_said(reader, one.machine, one.seal)
        if said is not None:
            yield state_letter(township, said, one.seal)


def _newest_said(reader: Reader, machine: str, seal: str) -> StoredEntry | None:
    which = LogFilter(machine=machine, kinds=(SealState.kind,), seal=seal)
    for entry in reader.entries(which):
        body = entry.body
        assert isinstance(body, SealState)
        if entry.party == "gateway" and (body.state == "lost" or body.second is not None):
            return entry
    return None
