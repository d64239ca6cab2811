"""An impression that an approver had to release by its live photo was made without that."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import Intent, Permit

CODE = "unconfirmed"
TITLE = "未经放行用印"
BASIS = "高风险事项每次用印须经审批人看现场照片放行"
SEVERITY: Severity = "red"
KINDS = frozenset({"intent"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for an intent without a release of its number and its photo."""
    if entry is None or not isinstance(entry.body, Intent):
        return
    body = entry.body
    permit = history.permit(body.permit)
    issued = None if permit is None else history.entry(permit.index)
    if issued is None or not isinstance(issued.body, Permit) or issued.body.confirm is None:
        return
    for asked in history.impression_asks(limit=200):
        answer = asked.answer
        if (
            answer is not None
            and answer.decision == "release"
            and (answer.permit, answer.n, answer.photo) == (body.permit, body.n, body.page)
            and asked.entry.machine == entry.machine
        ):
            return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key="finding.unconfirmed", values={"permit": body.permit, "n": body.n}),
        key=f"{CODE}/{entry.sha256}",
    )
