"""An impression that an approver had to release by its live photo was made without that.

Nor does the release of one kind (on a page, over the edges, for a faint one) count for another.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import SEAM, Intent, Permit, SealRequest, SealUse
from ledger.records_confirms import Form, form_of

CODE = "unconfirmed"
TITLE = "未经放行用印"
BASIS = "高风险事项每次用印须经审批人看现场照片放行"
SEVERITY: Severity = "red"
KINDS = frozenset({"intent", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for an intent without a release of its number, its photo and its kind.

    A use is judged only where its intent, which was judged before, says something else.
    """
    if entry is None or not isinstance(entry.body, Intent | SealUse):
        return
    body = entry.body
    permit = _asking(body.permit, history)
    if permit is None:
        return
    pressed = _pressed(body, permit, history)
    if isinstance(body, SealUse):
        reserved = history.entry(body.intent)
        intent = None if reserved is None else reserved.body
        if (
            isinstance(intent, Intent)
            and _named(intent) == _named(body)
            and _pressed(intent, permit, history) == pressed
        ):
            return
    released = _released(entry, _named(body), history)
    if released == pressed:
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(
            key=f"finding.unconfirmed.{pressed}" if released else "finding.unconfirmed",
            values={"permit": body.permit, "n": body.n},
        ),
        key=f"{CODE}/{entry.sha256}",
    )


def _named(body: Intent | SealUse) -> tuple[str, int, str]:
    """Return what a release names: permit, number and photo of the page before."""
    return body.permit, body.n, body.page if isinstance(body, Intent) else body.before.sha256


def _asking(permit: str, history: History) -> Permit | None:
    """Return the permit if its impressions are released one by one."""
    view = history.permit(permit)
    issued = None if view is None else history.entry(view.index)
    body = None if issued is None else issued.body
    return body if isinstance(body, Permit) and body.confirm is not None else None


def _pressed(body: Intent | SealUse, permit: Permit, history: History) -> Form:
    asked = history.entry(permit.request)
    request = None if asked is None else asked.body
    makes_up = isinstance(request, SealRequest) and isinstance(request.makes_up, str)
    return form_of(seam=SEAM in body.flags, makes_up=makes_up)


def _released(entry: StoredEntry, named: tuple[str, int, str], history: History) -> Form | None:
    """Return as which kind a permit's impression with this number and photo was released."""
    for asked in history.impression_asks(limit=200):
        answer = asked.answer
        if (
            answer is not None
            and answer.decision == "release"
            and (answer.permit, answer.n, answer.photo) == named
            and asked.entry.machine == entry.machine
        ):
            return asked.body.form
    return None
