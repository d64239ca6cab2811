"""Troubles: the recent quarantined arrivals, as the rules that judge them look at them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, Trouble, TroubleCode

DAY_MS = 24 * 60 * 60 * 1000
PAGE = 200  # troubles read at once


def recent(history: History, codes: Iterable[TroubleCode]) -> Iterator[Trouble]:
    """Yield the first trouble of each machine, code and day within the last two days.

    One a day is enough to act upon; the others stand in the list of quarantined messages.
    """
    wanted = frozenset(codes)
    first: dict[tuple[str, str, int], Trouble] = {}
    for trouble in _since(history, history.now_ms - 2 * DAY_MS):
        if trouble.code in wanted:
            first[(trouble.machine, trouble.code, trouble.received_ms // DAY_MS)] = trouble
    yield from first.values()


def alert(code: str, severity: Severity, trouble: Trouble) -> Alert:
    """Return the alert of rule `code` for a trouble."""
    return Alert(
        code=code,
        severity=severity,
        machine=trouble.machine or None,
        entry=None,
        finding=Finding(
            key=f"finding.trouble.{trouble.code}",
            values={"number": trouble.number, "sha256": trouble.sha256, "topic": trouble.topic},
        ),
        key=f"{code}/{trouble.code}/{trouble.machine}/{trouble.received_ms // DAY_MS}",
    )


def _since(history: History, since_ms: int) -> Iterator[Trouble]:
    before: int | None = None
    while page := history.troubles(before=before, limit=PAGE):
        for trouble in page:
            if trouble.received_ms < since_ms:
                return
            yield trouble
        before = page[-1].number
