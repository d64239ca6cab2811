"""More impressions were made under a permit than it allows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "over-count"
TITLE = "超份数用印"
BASIS = "国办发〔2001〕52号:用印份数与登记一致"
SEVERITY: Severity = "red"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for the entry that takes a permit past its impressions.

    The upper bound of an incident counts until somebody has stated the true number.
    """
    spent = spending(entry, history)
    if entry is None or spent is None:
        return
    permit = history.permit(spent.permit)
    if permit is None:
        return
    made = max(permit.spent, spent.n or 0)
    if made <= permit.impressions:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.over-count",
            values={"permit": permit.permit, "allowed": permit.impressions, "made": made},
        ),
        key=f"{CODE}/{entry.sha256}",
    )
