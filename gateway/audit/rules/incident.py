"""Something happened at a machine that is not a plain use: forced, jammed, cut off, held."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import Incident

CODE = "incident"
TITLE = "异常事件"
BASIS = "国办发〔2001〕52号：印章专人保管，异常开启须查明"
SEVERITY: Severity = "red"
KINDS = frozenset({"incident"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`harmless`: how grave an incident is that hides no impression and does not lock."""

    harmless: Severity = "yellow"


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for every incident; red when it holds the machine or may hide impressions."""
    if entry is None or not isinstance(entry.body, Incident):
        return
    body = entry.body
    grave = body.held or body.impressions_max > 0
    yield Alert(
        code=CODE,
        severity=SEVERITY if grave else options.harmless,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.incident.held" if body.held else "finding.incident",
            values={
                "code": body.code,
                "seal": body.seal,
                "least": body.impressions_min,
                "most": body.impressions_max,
            },
        ),
        key=f"{CODE}/{entry.sha256}",
    )
