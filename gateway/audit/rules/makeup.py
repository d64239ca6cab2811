"""A machine asked for a make-up stamp that its own rule forbids; the request was refused."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.desk import makeups
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import SealRequest

CODE = "makeup"
TITLE = "补盖不符"
BASIS = "国办发〔2001〕52号：用印须在批准的范围和份数内"
SEVERITY: Severity = "yellow"
KINDS = frozenset({"request"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a request that makes up for no faint use of its kind, or once more."""
    if entry is None or not isinstance(entry.body, SealRequest):
        return
    if why := makeups.unfit(history, entry, entry.body):
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=entry.machine,
            entry=entry.sha256,
            finding=Finding(
                key=f"finding.makeup.{why}", values={"use": str(entry.body.makes_up)[:12]}
            ),
            key=f"{CODE}/{entry.sha256}",
        )
