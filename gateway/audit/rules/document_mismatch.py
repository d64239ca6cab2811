"""The page that was stamped surely says something else than was applied for."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import sights
from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "document-mismatch"
TITLE = "文件与申请不符"
BASIS = "用印文件须与审批的事项、当事人、金额一致"
SEVERITY: Severity = "red"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set here; which fields count is set under `[eyes]`."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each field that surely differs; looks when no entry is given.

    It names the field alone: values are personal, and stay where they can be erased.
    """
    if entry is not None:
        return
    for sight in sights.recent(history):
        differing = {one.name for one in sight.fields if one.verdict == "mismatch"}
        for name in sorted(differing):
            yield Alert(
                code=CODE,
                severity=SEVERITY,
                machine=sight.machine,
                entry=sight.entry,
                finding=Finding(key=f"finding.document-mismatch.{name}", values={}),
                key=f"{CODE}/{sight.entry}/{name}",
            )
