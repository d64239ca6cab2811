"""Entries of a machine are missing: later ones came, those before did not."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "gap"
TITLE = "记录缺号"
BASIS = "用印台账须连续，不得缺页"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`patience_ms`: how long a gap may stay while the machine resends; 5 minutes."""

    patience_ms: int = 5 * 60 * 1000


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each gap that was not filled in time; looks when no entry is given."""
    if entry is not None:
        return
    for gap in history.gaps():
        if history.now_ms - gap.since_ms <= options.patience_ms:
            continue
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=gap.machine,
            entry=None,
            finding=Finding(
                key="finding.gap",
                values={
                    "first": gap.head_seq + 1,
                    "last": gap.seen_seq - 1,
                    "since_ms": gap.since_ms,
                },
            ),
            key=f"{CODE}/{gap.machine}/{gap.epoch}/{gap.head_seq}",
        )
