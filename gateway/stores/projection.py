"""Projection: what follows from the entries, row by row.

`apply` is called once for each entry in order of index, `apply_opening` once for each opening
after its entry. Nothing else writes derived tables, so replaying both gives the same state.
"""

from __future__ import annotations

import msgspec
from msgspec import UnsetType

from gateway.stores import actors, projection_custody, projection_permits
from gateway.stores.alerts import ANSWER_ROLE, About
from gateway.stores.tables import Tables, inserting
from gateway.stores.views import StoredEntry
from ledger.records import (
    AlertRecord,
    Approval,
    CaseStep,
    CountStatement,
    Heartbeat,
    HoldRelease,
    Incident,
    Intent,
    ListRelease,
    Permit,
    PhotoRef,
    Refusal,
    Revocation,
    SealRequest,
    SealUse,
    Void,
)
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm
from ledger.records_custody import Handover, Hatch, SealState, Service, TakeOut
from ledger.records_office import AlertAnswer, Correction
from ledger.records_people import Delegation
from ledger.records_permits import EmergencyPermit, StandingPermit
from ledger.records_retention import Erasure
from ledger.records_seals import SampleCheck, SealRegistration, SealSample
from ledger.withdrawals import withdrawn

_INSERT_FACETS = inserting(
    "facets", "idx", "kind", "machine", "seal", "matter", "permit", "received_ms"
)
_INSERT_ACTOR = inserting("actors", "account", "idx")
_PUT_LATEST = (
    "INSERT INTO latest (machine, idx, heartbeat) VALUES (?, ?, ?) ON CONFLICT (machine)"
    " DO UPDATE SET idx = excluded.idx, heartbeat = coalesce(excluded.heartbeat, heartbeat)"
)


def apply(tables: Tables, entry: StoredEntry) -> None:
    """Derive what follows from one entry that was just appended."""
    _facets(tables, entry)
    match entry.body:
        case Heartbeat():  # most entries
            pass
        case SealRequest() as request:
            projection_permits.file(tables, entry, request)
            if not isinstance(request.makes_up, UnsetType):
                _refer(tables, entry, request.makes_up, "makes-up")
        case StandingPermit(released_by=str()) as body:
            projection_permits.issue(tables, entry, body.permit, body.machine, body.not_after_ms)
        case EmergencyPermit() as body:
            projection_permits.issue(tables, entry, body.permit, entry.machine, body.not_after_ms)
            _refer(tables, entry, body.request, "permit")
            _give(tables, entry, body.request, body.permit)
        case ImpressionAsk() | ImpressionConfirm():
            _confirm(tables, entry)
        case Refusal() | Approval() | Permit() | Revocation():
            _decision(tables, entry)
        case Intent() | SealUse() | Void() | Incident():
            _impression(tables, entry)
        case CountStatement() | HoldRelease():
            _count(tables, entry)
        case AlertRecord() | CaseStep() | AlertAnswer() | Correction():
            _audit(tables, entry)
        case ListRelease() | Erasure() | Delegation() | SealRegistration() | SampleCheck():
            _office(tables, entry)
        case Hatch() | TakeOut() | Handover() | Service() | SealState() | SealSample() as keeping:
            projection_custody.apply(tables, entry, keeping)


def _office(tables: Tables, entry: StoredEntry) -> None:
    match entry.body:
        case ListRelease() as body:
            tables.insert(
                "releases",
                version=body.version,
                idx=entry.index,
                layer=body.layer,
                place=body.place,
                from_date=body.from_date,
                file_sha256=body.file_sha256,
            )
            if body.draft is not None:
                _refer(tables, entry, body.draft, "list")
        case Erasure() as erasure:
            _erasure(tables, entry, erasure)
        case Delegation() as delegation:
            if projection_permits.delegate(tables, entry, delegation):
                _refer(tables, entry, delegation.ends or "", "delegation")
        case SealRegistration() | SampleCheck() as looks:
            projection_custody.looks(tables, entry, looks)


def apply_opening(tables: Tables, entry: StoredEntry, values: dict[str, object] | None) -> None:
    """Derive what follows from an opening: the page photos of a request, what an alert means."""
    if values is None:
        return
    if isinstance(entry.body, AlertRecord) and "about" in values:
        _about(tables, entry, msgspec.convert(values["about"], About))
    if not isinstance(entry.body, SealRequest):
        return
    received_ms, connected_ms = tables.rows(
        "SELECT received_ms, connected_ms FROM openings WHERE payload_sha256 = ?", entry.sha256
    )[0]
    pages = values.get("pages")
    for n, page in enumerate(pages if isinstance(pages, list) else [], start=1):
        _photo(
            tables, entry, "page", n, msgspec.convert(page, PhotoRef), (received_ms, connected_ms)
        )


def _facets(tables: Tables, entry: StoredEntry) -> None:
    body = entry.body
    tables.put_off(
        _INSERT_FACETS,
        entry.index,
        entry.kind,
        entry.machine,
        getattr(body, "seal", None),
        getattr(body, "matter", None),
        getattr(body, "permit", None) or None,  # UNSET in most requests
        entry.received_ms,
    )
    for account in actors.of(body):
        tables.put_off(_INSERT_ACTOR, account, entry.index)
    if entry.party == "device":
        heartbeat = entry.index if isinstance(body, Heartbeat) else None
        latest = (entry.machine, entry.index, heartbeat)
        tables.put_off_one(_PUT_LATEST, entry.machine, latest, _later)


def _later(first: tuple[object, ...], then: tuple[object, ...]) -> tuple[object, ...]:
    """Join two rows of `latest`; the newest heartbeat may be that of the first."""
    return (*then[:2], first[2] if then[2] is None else then[2])


def _decision(tables: Tables, entry: StoredEntry) -> None:
    match entry.body:
        case Refusal(about=about, reason=reason):
            if about is not None:
                _refer(tables, entry, about, "refusal")
                _decide(tables, entry, about, "refused", reason)
                if entry.party == "gateway":  # it may come under a standing permit
                    projection_permits.end_standing(tables, entry, about, reason)
                elif withdrawn(entry.body):
                    projection_permits.take_back(tables, entry, about)
        case Approval(request=request, decision=decision):
            _refer(tables, entry, request, "approval")
            tables.insert("approvals", sha256=entry.sha256, idx=entry.index, request=request)
            if entry.body.delegation is not None:
                _refer(tables, entry, entry.body.delegation, "delegation")
            if decision == "refuse":
                _decide(tables, entry, request, "refused", "by-person")
        case Permit() as permit:
            _refer(tables, entry, permit.request, "permit")
            for approval in permit.approvals:
                _refer(tables, entry, approval, "permit")
            projection_permits.issue(
                tables, entry, permit.permit, permit.machine, permit.not_after_ms
            )
            _give(tables, entry, permit.request, permit.permit)
        case Revocation(permit=name):
            tables.run(
                "UPDATE permits SET revocation = ? WHERE permit = ? AND revocation IS NULL",
                entry.index,
                name,
            )


def _confirm(tables: Tables, entry: StoredEntry) -> None:
    match entry.body:
        case ImpressionAsk() as ask:
            _refer(tables, entry, ask.request, "confirm-ask")
            _photo(tables, entry, "asked", 1, ask.before)
        case ImpressionConfirm() as confirm:
            _refer(tables, entry, confirm.ask, "confirm")


def _give(tables: Tables, entry: StoredEntry, request: str, permit: str) -> None:
    _decide(tables, entry, request, "permitted", "")
    tables.run(
        "UPDATE requests SET permit = ? WHERE request = ? AND machine = ?",
        permit,
        request,
        entry.machine,
    )


def _decide(tables: Tables, entry: StoredEntry, request: str, decided: str, reason: str) -> None:
    """Settle a request that is undecided; a machine settles only requests of its own."""
    tables.run(
        "UPDATE requests SET decided = ?, reason = ?"
        " WHERE request = ? AND decided = '' AND machine = ?",
        decided,
        reason,
        request,
        entry.machine,
    )


def _impression(tables: Tables, entry: StoredEntry) -> None:
    match entry.body:
        case Intent(permit=permit, request=request):
            if request is not None:
                _refer(tables, entry, request, "intent")
            tables.insert("intents", sha256=entry.sha256, permit=permit, outcome="open")
        case SealUse() as use:
            _settle(tables, entry, use.intent, "use")
            tables.insert("spending", entry=entry.sha256, permit=use.permit, impressions=1)
            _photo(tables, entry, "before", 1, use.before)
            _photo(tables, entry, "after", 1, use.after)
            _flag(tables, entry, (*use.flags, *use.findings))
        case Void(intent=intent):
            _settle(tables, entry, intent, "void")
        case Incident() as incident:
            _incident(tables, entry, incident)


def _incident(tables: Tables, entry: StoredEntry, incident: Incident) -> None:
    for n, photo in enumerate(incident.photos, start=1):
        _photo(tables, entry, "incident", n, photo)
    _flag(tables, entry, (incident.code,))
    if incident.held:
        tables.insert("holds", hold=entry.sha256, idx=entry.index, machine=entry.machine)
    if incident.intent is None:
        return
    permit = _settle(tables, entry, incident.intent, "incident")
    if permit is not None:
        tables.insert(
            "spending", entry=entry.sha256, permit=permit, impressions=incident.impressions_max
        )


def _settle(tables: Tables, entry: StoredEntry, intent: str, outcome: str) -> str | None:
    """Note an intent's outcome and return its permit; None if the intent is not here."""
    _refer(tables, entry, intent, outcome)
    tables.run("UPDATE intents SET outcome = ? WHERE sha256 = ?", outcome, intent)
    found: str | None = tables.value("SELECT permit FROM intents WHERE sha256 = ?", intent)
    return found


def _count(tables: Tables, entry: StoredEntry) -> None:
    body = entry.body
    if isinstance(body, HoldRelease):
        incident, impressions = body.hold, body.impressions
        tables.run(
            "UPDATE holds SET release = ? WHERE hold = ? AND release IS NULL AND machine = ?",
            entry.index,
            incident,
            entry.machine,
        )
    else:
        assert isinstance(body, CountStatement)
        incident, impressions = body.incident, body.impressions
    _refer(tables, entry, incident, entry.kind)
    tables.run(
        "UPDATE spending SET impressions = ? WHERE entry = ? AND EXISTS (SELECT 1 FROM entries e"
        " JOIN facets f USING (idx) WHERE e.sha256 = ? AND f.machine = ?)",
        impressions,
        incident,
        incident,
        entry.machine,
    )


def _audit(tables: Tables, entry: StoredEntry) -> None:
    match entry.body:
        case AlertRecord() as alert:
            tables.insert(
                "alerts",
                alert=alert.alert,
                idx=entry.index,
                severity=alert.severity or "red",  # until its opening says what it is
                machine=alert.machine or "",
                entry=alert.entry,
            )
            if alert.entry is not None:
                _refer(tables, entry, alert.entry, "alert")
        case CaseStep() as step:
            if step.step == "opened":
                tables.insert("cases", case_id=step.case, alert=step.alert, idx=entry.index)
            tables.insert("case_steps", idx=entry.index, case_id=step.case)
        case AlertAnswer() as answer:
            about = "SELECT e.sha256 FROM alerts a JOIN entries e USING (idx) WHERE a.alert = ?"
            _refer(tables, entry, tables.value(about, answer.alert) or "", ANSWER_ROLE)
        case Correction(entry=target):
            _refer(tables, entry, target, "correction")


def _about(tables: Tables, entry: StoredEntry, about: About) -> None:
    tables.run(
        "UPDATE alerts SET severity = ?, machine = ?, entry = ?, key = ? WHERE idx = ?",
        about.severity,
        about.machine or "",
        about.entry,
        about.key,
        entry.index,
    )
    tables.run("UPDATE facets SET machine = ? WHERE idx = ?", about.machine or "", entry.index)
    if about.entry is not None:
        _refer(tables, entry, about.entry, "alert")


def _erasure(tables: Tables, entry: StoredEntry, erasure: Erasure) -> None:
    if erasure.asked is None:
        tables.run_many(
            "INSERT INTO erasures (asked, target, idx) VALUES (?, ?, ?)",
            [(entry.sha256, target, entry.index) for target in set(erasure.entries)],
        )
        return
    tables.run_many(
        "UPDATE erasures SET done = ? WHERE asked = ? AND target = ? AND done IS NULL",
        [(entry.index, erasure.asked, target) for target in set(erasure.entries)],
    )
    _refer(tables, entry, erasure.asked, "erasure")


def _refer(tables: Tables, entry: StoredEntry, target: str, role: str) -> None:
    tables.run(
        "INSERT OR IGNORE INTO refs (source, target, role) VALUES (?, ?, ?)",
        entry.index,
        target,
        role,
    )


def _flag(tables: Tables, entry: StoredEntry, flags: tuple[str, ...]) -> None:
    tables.run_many(
        "INSERT OR IGNORE INTO flags (flag, idx) VALUES (?, ?)",
        [(flag, entry.index) for flag in flags],
    )


def _photo(
    tables: Tables,
    entry: StoredEntry,
    role: str,
    n: int,
    photo: PhotoRef,
    named: tuple[int, int] | None = None,
) -> None:
    named_ms, named_connected_ms = named or (entry.received_ms, entry.connected_ms)
    tables.insert(
        "photo_refs",
        sealed_sha256=photo.sealed_sha256,
        entry_sha256=entry.sha256,
        role=role,
        n=n,
        sealed_size=photo.sealed_size,
        sha256=photo.sha256,
        size=photo.size,
        machine=entry.machine,
        named_ms=named_ms,
        named_connected_ms=named_connected_ms,
    )
