"""A seal was pressed for a sample, handed over or brought back, and no photo shows its imprint."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records_custody import Hatch

CODE = "sample-missing"
TITLE = "没有印样照片"
BASIS = "移交、归还须核对印样，盖过的印样须留照片"
SEVERITY: Severity = "yellow"
KINDS = frozenset({"hatch"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a shut hatch behind which nobody can compare the seal.

    Two persons who wanted to press a sample and pressed none left everything as it was.
    """
    if entry is None or not isinstance(entry.body, Hatch) or entry.party != "device":
        return
    body = entry.body
    nothing_came_of_it = (body.purpose, body.unsampled) == ("sample", "not-pressed")
    if body.step != "closed" or body.unsampled is None or nothing_came_of_it:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key=f"finding.sample-missing.{body.unsampled}", values={"seal": body.seal}),
        key=f"{CODE}/{entry.sha256}",
    )
