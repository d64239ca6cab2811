"""A seal was used without any permit of this gateway."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "no-permit"
TITLE = "无许可用印"
BASIS = "国办发〔2001〕52号：用印须经审批并登记"
SEVERITY: Severity = "red"
KINDS = frozenset({"incident", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a use, or a possible one, whose permit was never issued here."""
    spent = spending(entry, history)
    if entry is None or spent is None or history.permit(spent.permit) is not None:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.no-permit", values={"permit": spent.permit, "seal": spent.seal}
        ),
        key=f"{CODE}/{entry.sha256}",
    )
