"""An imprint sample is not of the registered seal, or nobody could tell."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records_seals import SampleCheck

CODE = "seal-sample"
TITLE = "印样与登记不符"
BASIS = "印章须登记备案，移交时核对印样"
SEVERITY: Severity = "red"
KINDS = frozenset({"sample-check"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert about the entry whose photo shows another seal, or too little of one."""
    if entry is None or not isinstance(entry.body, SampleCheck) or entry.body.result == "same":
        return
    body = entry.body
    named = {"named": body.named} if body.named is not None else {}
    yield Alert(
        code=CODE,
        severity="red" if body.result == "another" else "yellow",
        machine=entry.machine,
        entry=body.sample,
        finding=Finding(
            key=f"finding.seal-sample.{'named' if named else body.result}",
            values={"seal": body.seal, **named},
        ),
        key=f"{CODE}/{body.sample}",
    )
