"""A machine was opened by two approvers' codes: always a case; graver where a rule is broken."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.breaches import breach
from gateway.audit.persons import person_of
from gateway.stores import History
from gateway.stores.views import Alert, Severity, StoredEntry
from ledger.records import SealRequest, SealUse
from ledger.records_permits import EmergencyPermit

CODE = "emergency"
TITLE = "应急用印"
BASIS = "国办发〔2001〕52号：未经事前审批用印的，事后须逐一核查"
SEVERITY: Severity = "red"
KINDS = frozenset({"emergency", "use"})
FOLLOW_UP = "应急用印自动立案：请核对理由、两位审批人本人是否读码、用印材料，并补办审批手续。"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each emergency permit, with a case, and one for each rule it breaks."""
    if entry is None:
        return
    if isinstance(entry.body, EmergencyPermit):
        body = entry.body
        first, second = body.approvers
        yield breach(
            entry,
            CODE,
            "given",
            follow_up=FOLLOW_UP,
            permit=body.permit,
            first=first,
            second=second,
            reason=body.reason,
        )
        for what in _broken(entry, body, history):
            yield breach(entry, CODE, what, permit=body.permit)
    elif isinstance(entry.body, SealUse):
        permit = _given(entry.body.permit, history)
        operator = person_of(entry.body.operator, history)
        if permit and operator in {person_of(one, history) for one in permit.approvers}:
            yield breach(entry, CODE, "own", permit=permit.permit)


def _broken(entry: StoredEntry, body: EmergencyPermit, history: History) -> Iterator[str]:
    """Yield what of its terms a permit does not keep."""
    terms = next((one for one in history.emergency_terms() if one.body.terms == body.terms), None)
    if terms is None or terms.release is None or terms.body.machine != entry.machine:
        yield "unknown"
        return
    before = [given for kept, given in terms.given if kept.index < entry.index]
    held = {code: holder for holder, codes in terms.printed for code in codes}
    listed = (body.seal, body.matter) in {(terms.body.seal, one) for one in terms.body.matters}
    if not listed or body.impressions > terms.body.impressions:
        yield "unlisted"
    if entry.position.at_ms > terms.body.not_after_ms or len(before) >= terms.body.uses:
        yield "over"
    if tuple(held.get(code) for code in body.codes) != body.approvers:
        yield "unknown"
    if {code for one in before for code in one.codes} & set(body.codes):
        yield "used"
    persons = {person_of(one, history) for one in body.approvers}
    if len(persons) < 2 or persons & _asking(body, history):
        yield "own"


def _asking(body: EmergencyPermit, history: History) -> set[str]:
    request = history.entry(body.request)
    asked = None if request is None else request.body
    names = [body.by]
    if isinstance(asked, SealRequest):
        names += [asked.filed_by, asked.applicant_account or body.by]
    return {person_of(one, history) for one in names}


def _given(permit: str, history: History) -> EmergencyPermit | None:
    known = history.permit(permit)
    entry = None if known is None else history.entry(known.index)
    return entry.body if entry is not None and isinstance(entry.body, EmergencyPermit) else None
