"""A seal was used for an item that the list in force does not allow."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.matters import Verdict
from ledger.records import SealUse

CODE = "off-list"
TITLE = "清单外用印"
BASIS = "民发〔2020〕20号、厅字〔2022〕28号：只为有法律依据的事项出具证明"
SEVERITY: Severity = "yellow"
KINDS = frozenset({"use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """How grave an item that stands on no list is; a forbidden one is always red."""

    off_list: Severity = SEVERITY


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a use whose item the list of its permit forbids or does not know.

    Without a known permit the newest list counts.
    """
    if entry is None or not isinstance(entry.body, SealUse):
        return
    use = entry.body
    permit = history.permit(use.permit)
    version = permit.list_version if permit else _newest(history)
    answer = history.list_answer(entry.machine, use.matter, version, entry.position.at_ms)
    if answer.verdict is not Verdict.FORBIDDEN:
        return
    forbidden = answer.reason == "forbidden"
    yield Alert(
        code=CODE,
        severity="red" if forbidden else options.off_list,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key="finding.off-list.forbidden" if forbidden else "finding.off-list.unknown",
            values={
                "matter": answer.matter.name if answer.matter else use.matter,
                "version": version,
                "basis": answer.matter.basis if answer.matter else "",
            },
        ),
        key=f"{CODE}/{entry.sha256}",
    )


def _newest(history: History) -> int:
    return max((one.version for one in history.lists()), default=0)
