"""Visit: one look at one township's logs, in a process of its own.

What a township publishes cannot hurt the others: this process may be killed for time, ends for
memory, and hands back nothing but a small report.
"""

from __future__ import annotations

import fcntl
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.errors import LedgerError
from ledger.findings import Finding, Place
from ledger.mirror import UnreachableError, open_mirror, this_year
from ledger.monitor import Monitor
from ledger.monitor_memory import Memory
from ledger.trusted_heads import Trust

LARGEST_REPORT = 64 * 1024 * 1024  # bytes
MOST_TEXT = 2000  # characters of an error's message


class Visit(Struct, frozen=True, kw_only=True):
    """What a visit needs.

    Args:
        state: a folder of this township alone.
        public: an address or a folder.
    """

    name: str
    public: str
    state: Path
    cache: Path
    trust: Trust
    silent_s: int
    memory_bytes: int


class Report(Struct, frozen=True, kw_only=True):
    """What a visit found.

    Args:
        entries: of all logs that were followed.
        now: findings of this visit, also those told before as long as they last.
        kept: findings about entries that are in the logs for ever, and contradictions.
        unreachable: why nothing could be read, "" if it could.
    """

    entries: int = 0
    now: tuple[Finding, ...] = ()
    kept: tuple[Finding, ...] = ()
    unreachable: str = ""


def run(visit: Visit, answer: Connection) -> None:
    """Look at the logs and send an encoded `Report`; this is the process's main function."""
    resource.setrlimit(resource.RLIMIT_AS, (visit.memory_bytes, visit.memory_bytes))
    try:
        found = look(visit, int(time.time()))
    except (LedgerError, OSError, MemoryError) as error:
        found = Report(now=(failed(visit.name, f"{type(error).__name__}: {error}"),))
    answer.send_bytes(msgspec.msgpack.encode(found))
    answer.close()


def look(visit: Visit, now_s: int) -> Report:
    """Return what one visit found.

    Raises:
        LedgerError: what is remembered cannot be believed any more.
        OSError: the state folder does not work, or another visit uses it.
    """
    visit.state.mkdir(parents=True, exist_ok=True)
    with (visit.state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        source = open_mirror(visit.public, visit.cache)
        monitor = Monitor(visit.state, source, visit.trust)
        found: list[Finding] = []
        unreachable = ""
        try:
            for seen in monitor.visit(now_s, this_year()):
                found += seen.findings
        except UnreachableError as error:
            unreachable = str(error)[:MOST_TEXT]
        silent = monitor.silence(now_s, visit.silent_s)
        found += () if silent is None else (silent,)
        return Report(
            entries=sum(head.checkpoint.size for head in monitor.memory.logs()),
            now=tuple(found),
            kept=tuple(monitor.memory.findings()),
            unreachable=unreachable,
        )


def memory(visit: Visit) -> Memory:
    """Return what is remembered of a township's logs, as it is now."""
    return Memory(visit.state, open_mirror(visit.public, visit.cache).location, visit.trust)


def failed(name: str, why: str) -> Finding:
    """Return the finding that a township could not be checked to the end."""
    return Finding(code="monitor-failed", place=Place(log=name), detail=why[:MOST_TEXT])
