"""A machine's stroke counter went back: another controller, a restored copy, or a changed one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, LogFilter, Severity, StoredEntry
from ledger.records import Intent, SealUse

CODE = "counter-back"
TITLE = "计数倒退"
BASIS = "用印计数只增不减；计数倒退说明机器或记录被更换"
SEVERITY: Severity = "red"
KINDS = frozenset({"intent", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for an intent or use that states fewer strokes than the one before it."""
    now = None if entry is None else _counter(entry)
    if entry is None or now is None:
        return
    seal, strokes = now
    before = max((count for count in _stated(entry, seal, history)), default=0)
    if strokes >= before:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.counter-back",
            values={"seal": seal, "before": before, "now": strokes},
        ),
        key=f"{CODE}/{entry.sha256}",
    )


def _stated(entry: StoredEntry, seal: str, history: History) -> Iterator[int]:
    """Yield what the machine's last intent and its last use said of a seal, in any epoch."""
    for kind in (Intent.kind, SealUse.kind):
        which = LogFilter(machine=entry.machine, kinds=(kind,), seal=seal)
        for one in history.entries(which, before=entry.index, limit=1):
            stated = _counter(one)
            if stated is not None:
                yield stated[1]


def _counter(entry: StoredEntry) -> tuple[str, int] | None:
    match entry.body:
        case Intent(seal=seal, counter_before=strokes):
            return seal, strokes
        case SealUse(seal=seal, counter_after=strokes):
            return seal, strokes
        case _:
            return None
