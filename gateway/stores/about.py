"""About: which machine an entry is about, as its store tells."""

from __future__ import annotations

from gateway.stores.tables import Tables
from ledger.records import Approval, CaseStep, CountStatement, Refusal
from ledger.records_office import AlertAnswer, Correction


def machine_of(tables: Tables, entry_party: str, author: str, body: object) -> str:
    """Return the machine that an entry is about: its author, what it names, or what it
    refers to; "" for none."""
    if entry_party == "device":
        return author
    match body:
        case Approval(request=target) | CountStatement(incident=target):
            pass
        case Refusal(about=str(target)) | Correction(entry=target):
            pass
        case CaseStep(alert=alert) | AlertAnswer(alert=alert):
            return tables.value("SELECT machine FROM alerts WHERE alert = ?", alert) or ""
        case _:
            return getattr(body, "machine", None) or ""
    return (
        tables.value(
            "SELECT f.machine FROM entries e JOIN facets f USING (idx) WHERE e.sha256 = ?", target
        )
        or ""
    )
