"""So much that does not verify came from a machine that not all of it could be kept."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "quarantine-full"
TITLE = "隔离区已满"
BASIS = "网络安全法第二十一条：留存日志，处置异常"
SEVERITY: Severity = "yellow"
KINDS: frozenset[str] = frozenset()

DAY_MS = 24 * 60 * 60 * 1000


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each day on which messages were dropped; looks without an entry."""
    if entry is not None:
        return
    for dropped in history.dropped():
        if dropped.count == 0:
            continue
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=dropped.machine,
            entry=None,
            finding=Finding(key="finding.quarantine-full", values={"count": dropped.count}),
            key=f"{CODE}/{dropped.machine}/{dropped.last_ms // DAY_MS}",
        )
