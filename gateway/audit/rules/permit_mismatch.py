"""A seal was used under a permit for another machine, seal or item."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "permit-mismatch"
TITLE = "用印与许可不符"
BASIS = "国办发〔2001〕52号：批准什么盖什么，不得挪用"
SEVERITY: Severity = "red"
KINDS = frozenset({"incident", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each of machine, seal and matter that is not the permit's."""
    spent = spending(entry, history)
    if entry is None or spent is None:
        return
    permit = history.permit(spent.permit)
    if permit is None:
        return
    pairs = (
        ("machine", permit.machine, spent.machine),
        ("seal", permit.seal, spent.seal),
        ("matter", permit.matter, permit.matter if spent.matter is None else spent.matter),
    )
    for what, expected, found in pairs:
        if expected != found:
            yield Alert(
                code=CODE,
                severity=SEVERITY,
                machine=entry.machine,
                entry=entry.sha256,
                finding=Finding(
                    key=f"finding.permit-mismatch.{what}",
                    values={"permit": permit.permit, "expected": expected, "found": found},
                ),
                key=f"{CODE}/{what}/{entry.sha256}",
            )
