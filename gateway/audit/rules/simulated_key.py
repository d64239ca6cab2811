"""A key of a simulated machine was used towards a gateway in the field."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import troubles
from gateway.stores import History
from gateway.stores.views import Alert, Severity, StoredEntry
from ledger import envelope
from ledger.errors import LedgerError
from ledger.records import Hash

CODE = "simulated-key"
TITLE = "模拟机密钥"
BASIS = "模拟机的记录没有效力，不得进入正式台账"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`keys`: ids of the signing keys of the simulators that are in use around here."""

    keys: tuple[Hash, ...] = ()


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a message signed by one of `keys`; looks when no entry is given.

    A gateway in the field does not trust such keys, so what they sign lies in quarantine.
    """
    if entry is not None or not options.keys:
        return
    for trouble in troubles.recent(history, ("unknown-key",)):
        data = history.trouble_bytes(trouble.number)
        if data is not None and _keyid(data) in options.keys:
            yield troubles.alert(CODE, SEVERITY, trouble)


def _keyid(data: bytes) -> str:
    try:
        return envelope.parse(data).keyid
    except LedgerError:
        return ""
