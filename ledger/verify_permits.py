"""Permits: whether each impression in a log was permitted, as far as public fields tell. Pure.

What a machine did against the rules, and the log itself has raised an alert about, is no
finding: the log has done its work, and people handle the alert.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from sys import intern
from typing import Any

from msgspec import Struct

from ledger import permit_facts
from ledger.findings import Finding
from ledger.records import (
    SEAM,
    AlertRecord,
    Approval,
    CountStatement,
    HoldRelease,
    Incident,
    Intent,
    Permit,
    Record,
    Refusal,
    Revocation,
    SealRequest,
    SealUse,
    Void,
)
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm
from ledger.records_permits import (
    EmergencyCodes,
    EmergencyPermit,
    EmergencyTerms,
    StandingPermit,
)
from ledger.verify_confirms import Confirms
from ledger.verify_emergency import EmergencyPermits
from ledger.verify_makeups import MakeUps
from ledger.verify_seams import Seams
from ledger.verify_spans import Act
from ledger.verify_standing import StandingPermits
from ledger.verify_withdrawals import Withdrawals

REVOKED_PATIENCE_MS = 60_000  # how long after a time mark a revocation may still be on its way
Breaches = Iterator[tuple[str, str]]
"""Code and detail of each finding."""


class _Permitted(Struct, gc=False):
    """A permit and what was spent: `made` is proved, `bound` is the most that it may be."""

    machine: str
    seal: str
    matter: str
    impressions: int
    not_before_ms: int | None
    not_after_ms: int
    approvers: tuple[str, ...]
    made: int = 0
    bound: int = 0
    revoked_ms: int | None = None
    told: bool = False


class _Reserved(Struct, gc=False):
    """An intent that is neither used, void nor an incident yet."""

    permit: str
    machine: str
    n: int
    seam: bool


class _Doubt(Struct, gc=False):
    """An incident: between so many and so many impressions of a permit."""

    permit: str
    least: int
    most: int


class Permits:
    """Every permit of a township with what was spent from it.

    Args:
        complete: all entries since the township's first are seen; otherwise what is missing
            may stand in a log that is not at hand.
    """

    def __init__(self, complete: bool = True) -> None:
        self.complete = complete
        self._requests: dict[bytes, tuple[str, str | None]] = {}  # filed by, applicant
        self._approvals: dict[bytes, tuple[bytes, str, bool]] = {}  # request, approver, approved
        self._permits: dict[str, _Permitted] = {}
        self._standing = StandingPermits()
        self._emergency = EmergencyPermits()
        self._confirms = Confirms()
        self._seams = Seams()
        self._withdrawals = Withdrawals()
        self._makeups = MakeUps()
        self._reserved: dict[str, _Reserved] = {}
        self._doubts: dict[str, _Doubt] = {}
        self._pending: dict[str, list[Finding]] = {}
        self.alerted = 0
        rules: dict[type[Record], Callable[[Act, Any], Breaches]] = {
            AlertRecord: self._alert,
            Approval: self._approval,
            CountStatement: self._counted,
            EmergencyCodes: self._emergency_codes,
            EmergencyPermit: self._emergency_permit,
            EmergencyTerms: self._emergency_terms,
            HoldRelease: self._released,
            ImpressionAsk: self._ask,
            ImpressionConfirm: self._confirm,
            Incident: self._incident,
            Intent: self._intent,
            Permit: self._permit,
            Refusal: self._refusal,
            Revocation: self._revocation,
            SealRequest: self._request,
            SealUse: self._use,
            StandingPermit: self._standing_permit,
            Void: self._void,
        }
        self._rules = {
            record.kind: (permit_facts.of(record.kind), judge) for record, judge in rules.items()
        }

    def take(self, log: str, act: Act) -> None:
        """Take the next act of the log."""
        known = self._rules.get(act.kind)
        if known is None:
            return
        facts, judge = known
        for code, detail in judge(act, facts.read(act.payload)):
            finding = Finding(code=code, place=act.place(log), detail=detail)
            self._pending.setdefault(act.sha256, []).append(finding)

    def finish(self) -> Iterator[Finding]:
        """Yield what no alert of the log tells of; it is told once."""
        pending, self._pending = self._pending, {}
        for findings in pending.values():
            yield from findings

    def _request(self, act: Act, body: SealRequest) -> Breaches:
        account = body.applicant_account
        persons = (intern(body.filed_by), None if account is None else intern(account))
        self._requests[bytes.fromhex(act.sha256)] = persons
        self._standing.request(act.sha256, body)
        self._seams.request(act.sha256, body)
        self._confirms.request(act.sha256, body)
        self._makeups.request(act.sha256, act.author, body, complete=self.complete)
        yield from ()

    def _approval(self, act: Act, body: Approval) -> Breaches:
        request = bytes.fromhex(body.request)
        said = (request, intern(body.approver), body.decision == "approve")
        self._approvals[bytes.fromhex(act.sha256)] = said
        asked = self._requests.get(request)
        if asked is None:
            yield from self._unknown("request-unknown", "an earlier request", body.request)
        elif body.approver in asked:
            yield "separation", f"expected another approver than {body.approver}, who asked for it"

    def _refusal(self, act: Act, body: Refusal) -> Breaches:
        self._withdrawals.refusal(act.author, body)
        yield from ()

    def _revocation(self, act: Act, body: Revocation) -> Breaches:
        known = self._permits.get(body.permit)
        if known is not None and known.revoked_ms is None:
            known.revoked_ms = act.at_ms
        yield from ()

    def _void(self, act: Act, body: Void) -> Breaches:
        reserved = self._reserved.pop(body.intent, None)
        self._standing.voided(body.intent)
        self._seams.voided(body.intent)
        self._makeups.voided(body.intent)
        if reserved is None:
            yield from self._unknown("intent-unknown", "an open intent", body.intent)
        else:
            yield from self._spend(reserved.permit, 0, -1)

    def _alert(self, act: Act, body: AlertRecord) -> Breaches:
        if body.entry is not None:
            self.alerted += len(self._pending.pop(body.entry, ()))
        yield from ()

    def _permit(self, act: Act, permit: Permit) -> Breaches:
        if permit.permit in self._permits:
            yield "permit-twice", f"expected a new permit, found {permit.permit} again"
            return
        asked = bytes.fromhex(permit.request)
        if asked not in self._requests:
            yield from self._unknown("request-unknown", "an earlier request", permit.request)
        if not permit.approvals:
            yield "approval-missing", f"expected an approval of {permit.request}, found none"
        persons = []
        for sha256 in permit.approvals:
            approval = self._approvals.get(bytes.fromhex(sha256))
            if approval is None:
                yield from self._unknown("approval-missing", "an earlier approval", sha256)
                continue
            request, approver, approved = approval
            persons.append(approver)
            if request != asked or not approved:
                yield "approval-missing", f"expected consent to {permit.request}, found {sha256}"
        self._permits[permit.permit] = _Permitted(
            machine=intern(permit.machine),
            seal=intern(permit.seal),
            matter=intern(permit.matter),
            impressions=permit.impressions,
            not_before_ms=permit.not_before_ms,
            not_after_ms=permit.not_after_ms,
            approvers=tuple(persons),
        )
        self._confirms.permit(permit)
        yield from self._seams.permit(permit, complete=self.complete)
        yield from self._withdrawals.permit(permit)
        yield from self._makeups.permit(permit.permit, permit.request)
        if len(set(persons)) != len(persons):
            yield "separation", f"expected approvals by different people, found {persons}"

    def _standing_permit(self, act: Act, body: StandingPermit) -> Breaches:
        yield from self._standing.permit(body, lambda name: self._in_force(name, act.at_ms))
        if body.released_by is None:
            return
        if body.permit in self._permits:
            yield "permit-twice", f"expected a new permit, found {body.permit} again"
            return
        self._permits[body.permit] = _Permitted(
            machine=intern(body.machine),
            seal=intern(body.seal),
            matter=intern(body.matter),
            impressions=body.total,
            not_before_ms=None,
            not_after_ms=body.not_after_ms,
            approvers=(intern(body.by), intern(body.released_by)),
        )

    def _in_force(self, name: str, at_ms: int) -> bool:
        known = self._permits.get(name)
        if known is None or known.revoked_ms is not None:
            return False
        return at_ms <= known.not_after_ms and known.bound < known.impressions

    def _ask(self, act: Act, body: ImpressionAsk) -> Breaches:
        self._confirms.ask(act.sha256, body)
        yield from ()

    def _confirm(self, act: Act, body: ImpressionConfirm) -> Breaches:
        known = self._permits.get(body.permit)
        if known is not None:
            yield from self._confirms.confirm(body, known.approvers, complete=self.complete)

    def _emergency_terms(self, act: Act, body: EmergencyTerms) -> Breaches:
        yield from self._emergency.terms(body)

    def _emergency_codes(self, act: Act, body: EmergencyCodes) -> Breaches:
        self._emergency.codes(body)
        yield from ()

    def _emergency_permit(self, act: Act, body: EmergencyPermit) -> Breaches:
        yield from self._emergency.permit(act.author, act.at_ms, body)
        asked = self._requests.get(bytes.fromhex(body.request))
        if asked is None:
            yield from self._unknown("request-unknown", "an earlier request", body.request)
        elif set(asked) & set(body.approvers):
            yield "separation", f"expected approvers who did not ask, found {body.approvers}"
        if body.permit in self._permits:
            yield "permit-twice", f"expected a new permit, found {body.permit} again"
            return
        self._permits[body.permit] = _Permitted(
            machine=intern(act.author),
            seal=intern(body.seal),
            matter=intern(body.matter),
            impressions=body.impressions,
            not_before_ms=None,
            not_after_ms=body.not_after_ms,
            approvers=tuple(intern(one) for one in body.approvers),
        )
        self._seams.emergency(body.permit, body.impressions, body.request)
        self._withdrawals.emergency(body.permit, body.request)
        yield from self._makeups.permit(body.permit, body.request)

    def _intent(self, act: Act, intent: Intent) -> Breaches:
        self._reserved[act.sha256] = _Reserved(
            intent.permit, act.author, intent.n, SEAM in intent.flags
        )
        known = self._permits.get(intent.permit)
        if known is None:
            yield from self._unknown("permit-unknown", "an earlier permit", intent.permit)
            return
        permit = known
        copies = self._standing.copies(intent)
        of = permit.impressions if copies is None else copies
        expected = (permit.machine, permit.seal, of)
        found = (act.author, intent.seal, intent.of)
        if expected != found:
            yield "permit-mismatch", f"expected {expected} as permitted, found {found}"
        if act.at_ms > permit.not_after_ms:
            yield "permit-late", f"expected a time up to {permit.not_after_ms}, found {act.at_ms}"
        if permit.not_before_ms is not None and act.at_ms < permit.not_before_ms:
            yield "permit-early", f"expected a time from {permit.not_before_ms}, found {act.at_ms}"
        if (
            known.revoked_ms is not None
            and act.mark is not None
            and act.mark > known.revoked_ms + REVOKED_PATIENCE_MS
        ):
            yield (
                "permit-revoked",
                (
                    f"expected no use after the revocation at {known.revoked_ms}, found one by a "
                    f"machine that had heard from the gateway at {act.mark}"
                ),
            )
        yield from self._standing.intent(act.sha256, act.at_ms, intent)
        yield from self._confirms.intent(act.at_ms, intent)
        yield from self._seams.intent(act.sha256, intent, complete=self.complete)
        yield from self._withdrawals.intent(act.author, intent)
        yield from self._makeups.intent(act.sha256, intent)
        yield from self._spend(intent.permit, 0, 1)

    def _use(self, act: Act, use: SealUse) -> Breaches:
        self._makeups.use(act.sha256, act.author, use)
        reserved = self._reserved.pop(use.intent, None)
        if reserved is None:
            yield from self._unknown("intent-unknown", "an open intent", use.intent)
            return
        expected = (reserved.permit, reserved.machine, reserved.n, reserved.seam)
        found = (use.permit, act.author, use.n, SEAM in use.flags)
        if expected != found:
            yield "permit-mismatch", f"expected {expected} as reserved, found {found}"
        known = self._permits.get(use.permit)
        if known is not None:
            if (known.seal, known.matter) != (use.seal, use.matter):
                yield (
                    "permit-mismatch",
                    (
                        f"expected {known.seal} for {known.matter}, found {use.seal} "
                        f"for {use.matter}"
                    ),
                )
            if use.operator in known.approvers:
                yield "separation", f"expected another operator than the approver {use.operator}"
        yield from self._spend(use.permit, 1, 0)

    def _incident(self, act: Act, body: Incident) -> Breaches:
        if body.intent is None:
            return
        self._standing.incident(act.sha256, body)
        self._seams.incident(act.sha256, body)
        reserved = self._reserved.pop(body.intent, None)
        if reserved is None:
            yield from self._unknown("intent-unknown", "an open intent", body.intent)
            return
        least, most = body.impressions_min, body.impressions_max
        self._doubts[act.sha256] = _Doubt(reserved.permit, least, most)
        yield from self._spend(reserved.permit, least, most - 1, doubtful=True)

    def _counted(self, act: Act, body: CountStatement) -> Breaches:
        return self._count(body.incident, body.impressions)

    def _released(self, act: Act, body: HoldRelease) -> Breaches:
        return self._count(body.hold, body.impressions)

    def _count(self, incident: str, impressions: int) -> Breaches:
        self._standing.counted(incident, impressions)
        self._seams.counted(incident, impressions)
        doubt = self._doubts.get(incident)
        if doubt is None:
            return  # an incident without a permit, or of a log that is not at hand
        made, bound = impressions - doubt.least, impressions - doubt.most
        doubt.least = doubt.most = impressions
        yield from self._spend(doubt.permit, made, bound, doubtful=True)

    def _spend(self, name: str, made: int, bound: int, *, doubtful: bool = False) -> Breaches:
        """Spend from a permit; what an incident only may have made does not exceed it."""
        known = self._permits.get(name)
        if known is None:
            return
        known.made, known.bound = known.made + made, known.bound + bound
        allowed = known.impressions
        spent = known.made if doubtful or bound <= 0 else known.bound
        if spent > allowed and not known.told:
            known.told = True
            yield "permit-over", f"expected at most {allowed} impressions, found {spent}"

    def _unknown(self, code: str, expected: str, found: str) -> Breaches:
        if self.complete:
            yield code, f"expected {expected}, found none: {found}"
