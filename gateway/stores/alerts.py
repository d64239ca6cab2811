"""Alerts: what one is about, as its opening says; the entry itself says only that there is one."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores.views import Severity


class About(Struct, frozen=True, kw_only=True):
    """What an alert is about, as its opening says; see `Alert`."""

    rule: str
    severity: Severity
    entry: str | None
    machine: str | None
    key: str
