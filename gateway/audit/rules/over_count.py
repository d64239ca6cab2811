"""More impressions were made under a permit than it allows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import CountStatement, HoldRelease, Incident

CODE = "over-count"
TITLE = "超份数用印"
BASIS = "国办发〔2001〕52号：用印份数与登记一致"
SEVERITY: Severity = "red"
KINDS = frozenset({"count", "hold-release", "incident", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for the entry that proves more impressions than the permit allows.

    What an incident only may have made is not counted here: the incident is an alert of its
    own, and the release that states the true number is judged again.
    """
    told = _counted(entry, history)
    spent = spending(told, history)
    if entry is None or told is None or spent is None:
        return
    permit = history.permit(spent.permit)
    if permit is None:
        return
    made = max(permit.spent - _unproved(entry), spent.n or 0)
    if made <= permit.impressions:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=told.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.over-count",
            values={"permit": permit.permit, "allowed": permit.impressions, "made": made},
        ),
        key=f"{CODE}/{entry.sha256}",
    )


def _counted(entry: StoredEntry | None, history: History) -> StoredEntry | None:
    """Return the incident whose impressions an entry states, else the entry itself."""
    if entry is not None and isinstance(entry.body, HoldRelease):
        return history.entry(entry.body.hold)
    if entry is not None and isinstance(entry.body, CountStatement):
        return history.entry(entry.body.incident)
    return entry


def _unproved(entry: StoredEntry) -> int:
    if isinstance(entry.body, Incident):
        return entry.body.impressions_max - entry.body.impressions_min
    return 0
