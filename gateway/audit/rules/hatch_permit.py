"""A hatch was opened without a permit in force, or not by two different persons."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records_custody import Hatch

CODE = "hatch-permit"
TITLE = "开仓不合许可"
BASIS = "开仓须事先准许，两人在场，一次一证"
SEVERITY: Severity = "red"
KINDS = frozenset({"hatch"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for an opening that its machine should not have let happen."""
    if entry is None or not isinstance(entry.body, Hatch) or entry.party != "device":
        return
    body = entry.body
    if not _two_persons(body, history):
        yield _alert(entry, body, "finding.hatch-permit.person")
    if body.step == "opened" and not _permitted(entry, body, history):
        yield _alert(entry, body, "finding.hatch-permit")


def _two_persons(body: Hatch, history: History) -> bool:
    known = {one.account: one.person for one in history.accounts()}
    first, second = known.get(body.by, body.by), known.get(body.second or "", body.second)
    return second is not None and first != second


def _permitted(entry: StoredEntry, body: Hatch, history: History) -> bool:
    """Whether it was permitted for this seal and purpose, in time, and neither used nor withdrawn.

    A machine that had not heard of the withdrawal did nothing wrong, but a person should know.
    """
    hatch = history.hatch(body.permit)
    return (
        hatch is not None
        and hatch.released_index is not None
        and hatch.withdrawn_by is None
        and hatch.closed_index is None
        and (hatch.machine, hatch.seal, hatch.purpose) == (entry.machine, body.seal, body.purpose)
        and entry.position.at_ms <= hatch.not_after_ms
    )


def _alert(entry: StoredEntry, body: Hatch, finding: str) -> Alert:
    return Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key=finding, values={"seal": body.seal}),
        key=f"{finding}/{entry.sha256}",
    )
