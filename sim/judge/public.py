"""Checks about the public log: tamper evident (I10), no fork (I11).

The entries are those of G in their order; the heads are those that a follower outside of the
gateway saw, and those under which a machine holds its receipts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.records import LogStart
from sim.judge.evidence import Evidence, Line
from sim.judge.heads import Proved, Watch
from sim.judge.verdict import Finder

UNSEEN = "nobody has kept the heads that were published"


def tamper_evident(evidence: Evidence, find: Finder) -> None:
    """I10: each receipt proves its entry at its place in G, under a head that the log signed."""
    _judge(evidence, forked=Finder(), tampered=find)


def no_fork(evidence: Evidence, find: Finder) -> None:
    """I11: any two heads that anybody saw are consistent, with each other and with G."""
    _judge(evidence, forked=find, tampered=Finder())


def _judge(evidence: Evidence, *, forked: Finder, tampered: Finder) -> None:
    if evidence.log_key is None or not evidence.heads:
        forked.cannot_tell(UNSEEN)
        tampered.cannot_tell(UNSEEN)
        return
    watch = Watch(evidence.log_key)
    for one in evidence.heads:
        watch.see(one.who, one.note, forked)
    entries = {line.number: line.raw for line in evidence.log}
    for seq, receipt in sorted(evidence.receipts.items()):
        raw = entries.get(seq)
        where = f"receipt of entry {seq} of {evidence.device}"
        tampered.expect(raw is not None, where, "that entry in L", "none")
        if raw is not None:
            watch.hold(Proved(evidence.device, seq, raw, receipt), forked, tampered)
    for origin, line in _placed(evidence.township, min(watch.logs, default="")):
        watch.log(origin).grow((line.raw,))
    watch.judge(forked, tampered)


def _placed(township: tuple[Line, ...], first: str) -> Iterator[tuple[str, Line]]:
    """Yield each entry with the log in which it stands: a `LogStart` begins the next one.

    Args:
        first: the oldest log; the names of a township's logs sort in the order of their years.
    """
    origin = first
    for line in township:
        if line.payload is not None and isinstance(line.payload.body, LogStart):
            origin = line.payload.body.origin
        yield origin, line
