"""Something came that does not verify: wrong signature, unknown key, another's name, no record."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import troubles
from gateway.stores import History
from gateway.stores.views import Alert, Severity, StoredEntry, TroubleCode

CODE = "bad-signature"
TITLE = "验签不符"
BASIS = "用印记录须由机器签名，验签不符的不入账、留存备查"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()

_SEVERITIES: dict[TroubleCode, Severity] = {
    "bad-signature": "red",
    "unknown-key": "red",
    "revoked-key": "red",
    "foreign": "red",
    "malformed": "yellow",
}


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert a day, machine and kind of fault; looks when no entry is given."""
    if entry is None:
        for trouble in troubles.recent(history, _SEVERITIES):
            yield troubles.alert(CODE, _SEVERITIES[trouble.code], trouble)
