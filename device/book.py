"""Book: what follows from the device's entries and from what the gateway answered. In memory.

The journal replays its entries into it at every start, so it can never disagree with them.
Impressions are accounted in two phases: an intent reserves one, then a use spends it, a void
gives it back, and an incident spends as many as it may have made until a person has counted.
"""

from __future__ import annotations

from msgspec import Struct, UnsetType, structs

from device import seams, warrants
from device.custody_book import CustodyBook
from device.emergencies import Emergencies
from device.seams import Left
from device.spending import Spending
from device.warrants import Warrant
from ledger.codec import Payload
from ledger.makeups import FAINT
from ledger.records import (
    SEAM,
    Approval,
    CountStatement,
    HoldRelease,
    Incident,
    Intent,
    Permit,
    Refusal,
    Revocation,
    SealRequest,
    SealUse,
    Start,
    Void,
)
from ledger.records_confirms import ImpressionConfirm
from ledger.records_custody import Hatch
from ledger.records_permits import EmergencyPermit, StandingPermit
from ledger.withdrawals import WITHDRAWN, withdrawn

COUNT_REFUSED = ("count-below-proof", "count-absurd")  # why a release was not obeyed


class OpenIntent(Struct, frozen=True, kw_only=True):
    """The one reservation that has no outcome yet."""

    sha256: str
    intent: Intent


class Hold(Struct, frozen=True, kw_only=True):
    """An incident that keeps the machine locked."""

    sha256: str
    incident: Incident
    at_ms: int


class Filed(Struct, frozen=True, kw_only=True):
    """A request of this machine; `refused` holds the reason if it was refused."""

    sha256: str
    request: SealRequest
    at_ms: int
    refused: str = ""


class Faint(Struct, frozen=True, kw_only=True):
    """A use whose mark is too faint: its request, seal and item, and whether over the edges."""

    request: str
    seal: str
    matter: str
    seam: bool


class Charge(Struct, frozen=True, kw_only=True):
    """Which intent an incident settles, and what it adds to the strokes (`made`) so far."""

    intent: str | None
    seal: str
    made: int


class Book:
    """Everything the agent must know about the past to decide what may come next."""

    def __init__(self) -> None:
        self.open_intent: OpenIntent | None = None
        self.holds: dict[str, Hold] = {}
        self.filed: dict[str, Filed] = {}
        self.permits: dict[str, Permit] = {}
        self.standing: dict[str, StandingPermit] = {}
        self.revoked: set[str] = set()
        self.strokes: dict[str, int] = {}
        self.impressions = 0
        self.custody = CustodyBook()
        self._faint: dict[str, Faint] = {}  # by hash of the use
        self._made_up: dict[str, str] = {}  # by hash of the use, the newest request for it
        self.words: dict[str, str] = {}  # what people wrote on requests
        self._withdrawn: set[str] = set()  # requests taken back here
        self.release_refused = ""  # why the newest release of a hold was not obeyed
        self.spending = Spending()
        self.emergencies = Emergencies()
        self.confirms: dict[str, ImpressionConfirm] = {}  # by the entry that asked
        self._approvers: dict[str, str] = {}  # account by the approval's entry
        self._machine = ""
        self._permit_by_request: dict[str, Permit] = {}
        self._intents: dict[str, Intent] = {}
        self._incidents: dict[str, Charge] = {}

    def spent(self, permit: str) -> int:
        """Return the impressions made, reserved or not disproved under a permit."""
        return self.spending.of_permit(permit)

    def warrant_of(self, request: str) -> Warrant | None:
        """Return what allows a request's impressions; None: nothing yet, or it was refused.

        An emergency permit stays what a request has: an approval that comes later adds nothing.
        Of a request that was withdrawn here no permit is obeyed, whenever it comes.
        """
        if request in self._withdrawn:
            return None
        emergency = self.emergencies.permit_of(request)
        if emergency is not None:
            return self._given(emergency)
        permit = self._permit_by_request.get(request)
        if permit is not None:
            return self._own(permit)
        filed = self.filed.get(request)
        if filed is None or filed.refused:
            return None
        standing = self.standing.get(filed.request.permit or "")
        return None if standing is None else warrants.of_standing(standing, request, filed.request)

    def warrant_behind(self, intent: Intent) -> Warrant | None:
        """Return what allowed an intent of this journal, refused since or not."""
        emergency = self.emergencies.permits.get(intent.permit)
        if emergency is not None:
            return self._given(emergency)
        if intent.request is None:
            permit = self.permits.get(intent.permit)
            return None if permit is None else self._own(permit)
        filed, standing = self.filed.get(intent.request), self.standing.get(intent.permit)
        if filed is None or standing is None:
            return None
        return warrants.of_standing(standing, intent.request, filed.request)

    def is_withdrawn(self, request: str) -> bool:
        """Tell whether a request was withdrawn at this machine."""
        return request in self._withdrawn

    def is_revoked(self, warrant: Warrant) -> bool:
        """Tell whether a permit, or the terms behind an emergency's, was revoked."""
        emergency = self.emergencies.permits.get(warrant.permit)
        terms = "" if emergency is None else emergency.terms
        return bool({warrant.permit, terms} & self.revoked)

    def spent_of(self, warrant: Warrant) -> int:
        """Return the impressions made, reserved or not disproved of those that it allows."""
        if warrant.standing is None:
            return self.spent(warrant.permit)
        return self.spending.for_request(warrant.request)

    def left_of(self, warrant: Warrant) -> Left:
        """Return how many impressions of each kind it still allows."""
        seamed = self.spending.seams(warrant.permit)
        return seams.left(warrant.impressions, warrant.seams, self.spent_of(warrant), seamed)

    def open_of(self, seal: str) -> OpenIntent | None:
        """Return the reservation that has no outcome yet, if it is of this seal."""
        one = self.open_intent
        return one if one is not None and one.intent.seal == seal else None

    def holds_of(self, seal: str) -> list[Hold]:
        """Return the incidents that keep a seal locked."""
        return [one for one in self.holds.values() if one.incident.seal == seal]

    def permit_of(self, request: str) -> Permit | None:
        """Return the permit that was issued for a request."""
        return self._permit_by_request.get(request)

    def faint(self, use: str) -> Faint | None:
        """Return a use that is too faint, unless something makes up for it or is to."""
        asked = self.filed.get(self._made_up.get(use, ""))
        return None if asked is not None and not asked.refused else self._faint.get(use)

    def faint_of(self, request: str) -> tuple[str, Faint] | None:
        """Return a faint use of a request that nothing makes up for, with its hash."""
        uses = ((use, one) for use, one in self._faint.items() if one.request == request)
        return next(((use, one) for use, one in uses if self.faint(use) is not None), None)

    def intent(self, sha256: str) -> Intent | None:
        """Return a journaled intent."""
        return self._intents.get(sha256)

    def apply(self, entry: Payload) -> None:
        """Take over one entry of this device."""
        self.custody.apply(entry)
        self._machine = entry.position.device or self._machine
        match entry.body:
            case Start(strokes=strokes):
                self.strokes.update(strokes)
            case SealRequest() as request:
                if not isinstance(request.makes_up, UnsetType):
                    self._made_up[request.makes_up] = entry.sha256
                self.filed[entry.sha256] = Filed(
                    sha256=entry.sha256, request=request, at_ms=entry.position.at_ms
                )
            case Intent() as intent:
                self._intents[entry.sha256] = intent
                self.spending.reserve(entry.sha256, intent, entry.position.at_ms)
                self.open_intent = OpenIntent(sha256=entry.sha256, intent=intent)
                self.strokes[intent.seal] = intent.counter_before
            case EmergencyPermit() as permit:
                self.emergencies.apply(permit)
            case SealUse() as use:
                self._close(use.intent, 1)
                self.strokes[use.seal] = use.counter_after
                self.impressions += 1
                self._note_faint(entry.sha256, use)
            case Void() as void:
                self._close(void.intent, 0)
            case Incident() as incident:
                self._apply_incident(entry, incident)
            case Hatch(step="closed", seal=seal, strokes_after=int() as strokes):
                self.strokes[seal] = strokes
            case Refusal() as refusal:
                self._note_refusal(refusal)
            case _:
                pass

    def hear(self, entry: Payload) -> None:
        """Take over one entry of the gateway that concerns this device."""
        self.custody.apply(entry)
        match entry.body:
            case CountStatement(incident=sha256, impressions=impressions):
                self._count(sha256, impressions)
            case HoldRelease(hold=sha256, impressions=impressions):
                self._count(sha256, impressions)
                self.holds.pop(sha256, None)
                self.release_refused = ""
            case Permit() as permit:
                self.permits.setdefault(permit.permit, permit)
                self._permit_by_request.setdefault(permit.request, permit)
            case StandingPermit(released_by=str()) as standing:
                self.standing.setdefault(standing.permit, standing)
            case ImpressionConfirm() as confirm:
                self.confirms.setdefault(confirm.ask, confirm)
            case Revocation() as revocation:
                self.revoked.add(revocation.permit)
            case Refusal(about=str() as about, reason=reason):
                self._refuse(about, reason)
            case Approval(decision="approve", approver=approver):
                self._approvers[entry.sha256] = approver
            case Approval(request=about, decision="refuse", office=office):
                self._refuse(about, f"refused-by-{office}")
            case body:
                self.emergencies.hear(body)

    def _given(self, permit: EmergencyPermit) -> Warrant:
        filed = self.filed.get(permit.request)
        asked = (filed.request.seams or 0) if filed is not None else 0
        return warrants.of_emergency(permit, self._machine, asked)

    def _own(self, permit: Permit) -> Warrant:
        known = (self._approvers.get(approval) for approval in permit.approvals)
        return warrants.of_permit(permit, tuple(one for one in known if one is not None))

    def _note_refusal(self, refusal: Refusal) -> None:
        if refusal.reason in COUNT_REFUSED:
            self.release_refused = refusal.reason
        if about := withdrawn(refusal):
            self._withdrawn.add(about)
            self._refuse(about, WITHDRAWN)

    def _note_faint(self, sha256: str, use: SealUse) -> None:
        permit = self.permits.get(use.permit)
        if FAINT in use.findings and permit is not None:
            self._faint[sha256] = Faint(
                request=permit.request, seal=use.seal, matter=use.matter, seam=SEAM in use.flags
            )

    def _apply_incident(self, entry: Payload, incident: Incident) -> None:
        self._close(incident.intent, incident.impressions_max)
        self._incidents[entry.sha256] = Charge(
            intent=incident.intent, seal=incident.seal, made=incident.impressions_min
        )
        self._make(incident.seal, incident.impressions_min)
        if incident.held:
            self.holds[entry.sha256] = Hold(
                sha256=entry.sha256, incident=incident, at_ms=entry.position.at_ms
            )

    def _close(self, sha256: str | None, spent: int) -> None:
        if sha256 is None or sha256 not in self._intents:
            return
        if self.open_intent is not None and self.open_intent.sha256 == sha256:
            self.open_intent = None
        self.spending.settle(sha256, spent)

    def _count(self, sha256: str, impressions: int) -> None:
        charge = self._incidents.get(sha256)
        if charge is None:
            return
        if charge.intent is not None:
            self.spending.settle(charge.intent, impressions)
        self._make(charge.seal, impressions - charge.made)
        self._incidents[sha256] = structs.replace(charge, made=impressions)

    def _make(self, seal: str, impressions: int) -> None:
        self.impressions += impressions
        self.strokes[seal] = self.strokes.get(seal, 0) + max(0, impressions)

    def _refuse(self, request: str, reason: str) -> None:
        filed = self.filed.get(request)
        if filed is not None and not filed.refused:
            self.filed[request] = structs.replace(filed, refused=reason)
