"""A machine took a request back for somebody else than who filed it, or used the seal after it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.breaches import breach
from gateway.audit.persons import person_of
from gateway.audit.spending import spending
from gateway.stores import History
from gateway.stores.views import Alert, PermitView, Severity, StoredEntry
from ledger.records import Incident, Intent, Refusal, SealRequest, SealUse
from ledger.withdrawals import withdrawn

CODE = "withdrawal"
TITLE = "撤回不符"
BASIS = "国办发〔2001〕52号：用印须在批准的范围和期限内"
SEVERITY: Severity = "red"
KINDS = frozenset({"incident", "refusal", "use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a withdrawal by another person, or for a use of what was withdrawn."""
    if entry is None:
        return
    if isinstance(entry.body, Refusal):
        about = withdrawn(entry.body) if entry.party == "device" else None
        if about is not None:
            yield from _taken_back(entry, entry.body, about, history)
        return
    spent = spending(entry, history)
    permit = None if spent is None else history.permit(spent.permit)
    if permit is None or (permit.per_day is None and permit.revocation_index is None):
        return
    if _withdrawn_before(entry, _request_of(entry, permit, history), history):
        yield breach(entry, CODE, "used", permit=permit.permit)


def _taken_back(entry: StoredEntry, body: Refusal, about: str, history: History) -> Iterator[Alert]:
    asked = history.entry(about)
    if asked is None or asked.machine != entry.machine or not isinstance(asked.body, SealRequest):
        yield breach(entry, CODE, "unknown", severity="yellow")
        return
    by, filer = body.by or "", asked.body.filed_by
    if person_of(by, history) != person_of(filer, history):
        yield breach(entry, CODE, "other", severity="yellow", by=by, filed_by=filer)


def _request_of(entry: StoredEntry, permit: PermitView, history: History) -> str:
    """Return the request that a use or an incident belongs to; its intent says it of a standing
    permit."""
    if permit.per_day is None:
        return permit.request
    assert isinstance(entry.body, SealUse | Incident)
    intent = history.entry(entry.body.intent or "")
    if intent is None or not isinstance(intent.body, Intent):
        return ""
    return intent.body.request or ""


def _withdrawn_before(entry: StoredEntry, request: str, history: History) -> bool:
    detail = history.detail(request) if request else None
    if detail is None:
        return False
    refusals = (
        history.entry(one.index)
        for one in detail.related
        if one.role == "refusal" and one.index < entry.index
    )
    return any(
        one is not None
        and one.author == entry.author
        and isinstance(one.body, Refusal)
        and withdrawn(one.body) == request
        for one in refusals
    )
