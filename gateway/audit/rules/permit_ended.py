"""A seal was used before its permit began, after it ended, or after it was revoked."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, Finding, PermitView, Severity, StoredEntry

CODE = "permit-ended"
TITLE = "许可期限外用印"
BASIS = "国办发〔2001〕52号：用印须在批准的范围和期限内"
SEVERITY: Severity = "red"
KINDS = frozenset({"incident", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`tolerance_ms`: how far the machine's clock may be off before a use counts as outside."""

    tolerance_ms: int = 0


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a use outside its permit's time.

    A revocation that the machine could not yet know (its last time mark is older) is yellow.
    """
    spent = spending(entry, history)
    if entry is None or spent is None:
        return
    permit = history.permit(spent.permit)
    if permit is None:
        return
    found = _outside(permit, entry, spent.at_ms, options.tolerance_ms)
    if found is None:
        return
    what, severity, limit_ms = found
    yield Alert(
        code=CODE,
        severity=severity,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key=f"finding.permit-ended.{what}",
            values={"permit": permit.permit, "at_ms": spent.at_ms, "limit_ms": limit_ms},
        ),
        key=f"{CODE}/{entry.sha256}",
    )


def _outside(
    permit: PermitView, entry: StoredEntry, at_ms: int, tolerance_ms: int
) -> tuple[str, Severity, int] | None:
    if at_ms > permit.not_after_ms + tolerance_ms:
        return "expired", "red", permit.not_after_ms
    if permit.not_before_ms is not None and at_ms < permit.not_before_ms - tolerance_ms:
        return "early", "red", permit.not_before_ms
    revoked_ms = permit.revoked_ms
    if revoked_ms is None or at_ms <= revoked_ms + tolerance_ms:
        return None
    mark = entry.position.mark
    if mark is not None and mark >= revoked_ms:
        return "revoked", "red", revoked_ms
    return "revoked-unknown", "yellow", revoked_ms
