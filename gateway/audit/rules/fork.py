"""A machine's signed entries contradict each other: two pasts, or two entries at one number."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import troubles
from gateway.stores import History
from gateway.stores.views import Alert, Severity, StoredEntry

CODE = "fork"
TITLE = "记录分叉"
BASIS = "用印台账不得涂改；同一编号只能有一条记录"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert a day and machine; looks when no entry is given."""
    if entry is None:
        for trouble in troubles.recent(history, ("fork",)):
            yield troubles.alert(CODE, SEVERITY, trouble)
