"""Alerts: what one is about, as its opening says; the entry itself says only that there is one."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores.views import Severity
from ledger import codec

ANSWER_ROLE = "alert-answer"  # of the reference from an answer to the entry of its alert


class About(Struct, frozen=True, kw_only=True):
    """What an alert is about, as its opening says; see `Alert`."""

    rule: str
    severity: Severity
    entry: str | None
    machine: str | None
    key: str


def case_id(alert: str) -> str:
    """Return the id of the one case of an alert."""
    return "c-" + codec.sha256(b"case " + alert.encode())[:16]
