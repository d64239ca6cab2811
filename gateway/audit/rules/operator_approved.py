"""The person who pressed the lever had approved the use."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.persons import person_of
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import Approval, SealUse

CODE = "operator-approved"
TITLE = "自批自盖"
BASIS = "国办发〔2001〕52号：审批人与用印人应当分开"
SEVERITY: Severity = "red"
KINDS = frozenset({"use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a use whose operator is one of its approvers; persons are compared."""
    if entry is None or not isinstance(entry.body, SealUse):
        return
    permit = history.permit(entry.body.permit)
    if permit is None:
        return
    operator = person_of(entry.body.operator, history)
    for sha256 in permit.approvals:
        approval = history.entry(sha256)
        if approval is None or not isinstance(approval.body, Approval):
            continue
        if person_of(approval.body.approver, history) == operator:
            yield Alert(
                code=CODE,
                severity=SEVERITY,
                machine=entry.machine,
                entry=entry.sha256,
                finding=Finding(
                    key="finding.operator-approved",
                    values={"operator": entry.body.operator, "permit": permit.permit},
                ),
                key=f"{CODE}/{entry.sha256}",
            )
