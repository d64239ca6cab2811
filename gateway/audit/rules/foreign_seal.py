"""The new impression on the page is surely of another seal than the permit names."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import sights
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "foreign-seal"
TITLE = "印迹不是许可的印章"
BASIS = "用印须使用许可所列的登记印章"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each use with such an impression; looks when no entry is given.

    What a foreign seal says is not told: it may be a person's name.
    """
    if entry is not None:
        return
    for sight in sights.recent(history):
        found = [one for one in sight.seals if one.verdict in ("other", "foreign")]
        if not found:
            continue
        other = next((one.registered for one in found if one.registered is not None), None)
        known = {} if other is None else {"other": other}
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=sight.machine,
            entry=sight.entry,
            finding=Finding(
                key=f"finding.foreign-seal.{'unregistered' if other is None else 'other'}",
                values={"seal": sight.seal, **known},
            ),
            key=f"{CODE}/{sight.entry}",
        )
