"""A machine's clock runs ahead of the gateway's, or behind the gateway's own time mark."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "clock-skew"
TITLE = "时钟偏差"
BASIS = "用印时间须可核对；以网关签名的时间标记为准"
SEVERITY: Severity = "yellow"
KINDS: frozenset[str] | None = None

DAY_MS = 24 * 60 * 60 * 1000


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`tolerance_ms`: how far a clock may be off; 2 minutes, as one sees on a wall clock."""

    tolerance_ms: int = 2 * 60 * 1000


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield at most one alert a day and machine.

    An entry that was written offline is older than its arrival; that is no skew.
    """
    if entry is None or entry.party != "device":
        return
    position = entry.position
    ahead_ms = position.at_ms - entry.received_ms
    behind_ms = 0 if position.mark is None else position.mark - position.at_ms
    if max(ahead_ms, behind_ms) <= options.tolerance_ms:
        return
    what, off_ms = ("ahead", ahead_ms) if ahead_ms >= behind_ms else ("behind", behind_ms)
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key=f"finding.clock-skew.{what}", values={"off_s": off_ms // 1000}),
        key=f"{CODE}/{entry.machine}/{entry.received_ms // DAY_MS}",
    )
