"""A seal that was taken out is not back in time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "takeout-overdue"
TITLE = "外借超期未还"
BASIS = "印章外借须登记去向和归还时间，按期归还并核对"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()

DAY_MS = 24 * 60 * 60 * 1000


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`grace_ms`: how long after its time a seal may come back; none."""

    grace_ms: int = 0


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each take-out that is overdue; looks when no entry is given."""
    if entry is not None:
        return
    for one in history.seal_standings():
        until_ms = one.standing.until_ms
        if one.standing.place != "out" or until_ms is None:
            continue
        late_ms = history.now_ms - until_ms
        if late_ms <= options.grace_ms:
            continue
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=one.machine,
            entry=one.standing.taken or None,
            finding=Finding(
                key="finding.takeout-overdue",
                values={"seal": one.seal, "days": 1 + late_ms // DAY_MS},
            ),
            key=f"{CODE}/{one.machine}/{one.seal}/{one.standing.taken}",
        )
