"""A photo or an opened value is not the one that its signed entry committed to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import troubles
from gateway.stores import History
from gateway.stores.views import Alert, Severity, StoredEntry

CODE = "evidence-mismatch"
TITLE = "照片或内容与记录不符"
BASIS = "照片、申请内容须与签名记录中的指纹一致"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert a day, machine and kind of fault; looks when no entry is given."""
    if entry is None:
        for trouble in troubles.recent(history, ("bad-photo", "bad-opening")):
            yield troubles.alert(CODE, SEVERITY, trouble)
