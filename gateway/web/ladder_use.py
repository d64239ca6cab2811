"""The upper rungs of the ladder: permit, list, photo and count, for entries that have them."""

from __future__ import annotations

from msgspec import Struct

from gateway.web import ladder_values
from gateway.web.rungs import Evidence, Result, Rung, Values
from ledger import codec, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.matters import Matter
from ledger.messages import KeyRecord
from ledger.records import (
    Intent,
    Permit,
    PhotoRef,
    Record,
    Refusal,
    Revocation,
    SealRequest,
    SealUse,
)
from ledger.records_permits import EmergencyPermit, StandingPermit
from ledger.records_retention import What

_LIST_RESULTS: dict[str, Result] = {
    "allowed": "good",
    "discretionary": "warn",
    "forbidden": "bad",
    "off-list": "bad",
}


class Scope(Struct, frozen=True, kw_only=True):
    """What a permit covers, whichever kind it is of."""

    permit: str
    machine: str
    seal: str
    matter: str
    not_before_ms: int | None
    not_after_ms: int
    impressions: int


def climb(evidence: Evidence, entry: Payload, ring: KeyRing) -> tuple[Rung, ...]:
    """Return the four upper rungs; those that do not apply to this kind say so."""
    return (
        _permit(evidence, entry, ring),
        _list(evidence, entry),
        _gone(evidence, entry, ring) or _photo(evidence, entry),
        _count(evidence, entry),
    )


def photos_of(entry: Payload) -> tuple[tuple[str, PhotoRef], ...]:
    """Return the photos that an entry names, each with its place (`before`, `after`, `1`...)."""
    body = entry.body
    if isinstance(body, SealUse):
        return (("before", body.before), ("after", body.after))
    references: tuple[PhotoRef, ...] = getattr(body, "photos", ())
    return tuple((str(number), one) for number, one in enumerate(references, 1))


def _permit(evidence: Evidence, entry: Payload, ring: KeyRing) -> Rung:
    body = entry.body
    if not isinstance(body, SealUse | Intent):
        return Rung.of("permit", "none", "none")
    values: Values = (("permit", body.permit),)
    if evidence.permit is None:
        return Rung.of("permit", "bad", "missing", values)
    try:
        parsed, signer = envelope.verify(evidence.permit, ring)
        permit = codec.decode_entry(parsed.payload_type, parsed.payload).body
    except LedgerError as error:
        return Rung.of("permit", "bad", "broken", (*values, ("found", str(error))))
    scope = _scope(permit, signer)
    if scope is None:
        return Rung.of("permit", "bad", "broken", (*values, ("signed-by", signer.holder)))
    values = (*values, *_scope_values(scope), ("signed-by", signer.holder))
    said = _permit_fault(scope, entry, evidence, ring)
    return Rung.of("permit", "bad" if said else "good", said or "covers", values)


def _scope(body: Record, signer: KeyRecord) -> Scope | None:
    """Return what a permit of any kind covers; None: it is none, or of the wrong signer."""
    match body:
        case Permit() if signer.role == "gateway":
            begins_ms, most, machine = body.not_before_ms, body.impressions, body.machine
        case StandingPermit(released_by=str()) if signer.role == "gateway":
            begins_ms, most, machine = None, body.total, body.machine
        case EmergencyPermit() if signer.role == "device":
            begins_ms, most, machine = None, body.impressions, signer.holder
        case _:
            return None
    return Scope(
        permit=body.permit,
        machine=machine,
        seal=body.seal,
        matter=body.matter,
        not_before_ms=begins_ms,
        not_after_ms=body.not_after_ms,
        impressions=most,
    )


def _scope_values(scope: Scope) -> Values:
    begins = "-" if scope.not_before_ms is None else f"ms:{scope.not_before_ms}"
    return (
        ("machine", scope.machine),
        ("seal", scope.seal),
        ("matter", scope.matter),
        ("not-before", begins),
        ("not-after", f"ms:{scope.not_after_ms}"),
        ("impressions", str(scope.impressions)),
    )


def _permit_fault(scope: Scope, entry: Payload, evidence: Evidence, ring: KeyRing) -> str | None:
    body, position = entry.body, entry.position
    assert isinstance(body, SealUse | Intent)
    at_ms, begins_ms = position.at_ms, scope.not_before_ms
    revoked_ms = _revoked_ms(evidence, scope.permit, ring)
    faults = (
        ("broken", scope.permit != body.permit),
        ("other-machine", scope.machine != position.device),
        ("other-seal", scope.seal != body.seal),
        ("other-matter", isinstance(body, SealUse) and scope.matter != body.matter),
        ("too-early", begins_ms is not None and at_ms < begins_ms),
        ("expired", at_ms > scope.not_after_ms),
        ("revoked", revoked_ms is not None and at_ms > revoked_ms),
    )
    return next((said for said, found in faults if found), None)


def _revoked_ms(evidence: Evidence, permit: str, ring: KeyRing) -> int | None:
    if evidence.revocation is None:
        return None
    try:
        parsed, signer = envelope.verify(evidence.revocation, ring)
        entry = codec.decode_entry(parsed.payload_type, parsed.payload)
    except LedgerError:
        return None
    named = isinstance(entry.body, Revocation) and entry.body.permit == permit
    return entry.position.at_ms if named and signer.role == "gateway" else None


def _list(evidence: Evidence, entry: Payload) -> Rung:
    body = entry.body
    if not isinstance(body, SealUse | SealRequest | Permit | Refusal) or body.matter is None:
        return Rung.of("list", "none", "none")
    values: Values = (("matter", body.matter), ("list-version", str(evidence.list_version)))
    answer = evidence.answer
    if answer is None:
        return Rung.of("list", "warn", "unknown", values)
    if answer.matter is not None:
        values = (*values, *_matter_values(answer.matter))
    if isinstance(body, Refusal):
        return Rung.of("list", "good", "refusal", values)
    said = "off-list" if answer.matter is None else answer.verdict.value
    return Rung.of("list", _LIST_RESULTS[said], said, values)


def _matter_values(matter: Matter) -> Values:
    return (
        ("name", matter.name),
        ("verdict", f"verdict:{matter.verdict.value}"),
        ("authority", matter.place),
        ("basis", matter.basis or "-"),
    )


def _gone(evidence: Evidence, entry: Payload, ring: KeyRing) -> Rung | None:
    """Return the rung of photos that were erased; with a request's opening its pages are."""
    unnamed = evidence.missing and isinstance(entry.body, SealRequest)
    if not evidence.gone and not unnamed:
        return None
    kinds: tuple[What, ...] = ("opening", "both") if unnamed else ("photos", "both")
    said = ladder_values.erased_by(evidence, ring, kinds)
    return Rung.of("photo", "erased" if said else "bad", "erased" if said else "gone", said)


def _photo(evidence: Evidence, entry: Payload) -> Rung:
    pages = tuple((str(number), one) for number, one in enumerate(evidence.pages, 1))
    references = photos_of(entry) + pages
    if not references:
        return Rung.of("photo", "none", "none")
    values: list[tuple[str, str]] = []
    waiting = False
    for place, reference in references:
        if reference.sealed_sha256 in evidence.damaged:
            return Rung.of("photo", "bad", "damaged", tuple(values))
        jpeg = evidence.photos.get(reference.sealed_sha256)
        values.append((f"photo-{place}-named", f"{reference.sha256} ({reference.size} B)"))
        if jpeg is None:
            waiting = True
            continue
        computed = codec.sha256(jpeg)
        values.append((f"photo-{place}-computed", f"{computed} ({len(jpeg)} B)"))
        if (computed, len(jpeg)) != (reference.sha256, reference.size):
            return Rung.of("photo", "bad", "other", tuple(values))
    if evidence.photo_owners:
        values.append(("also-named-by", ", ".join(evidence.photo_owners)))
        return Rung.of("photo", "bad", "used-twice", tuple(values))
    if waiting:
        return Rung.of("photo", "warn", "waiting", tuple(values))
    return Rung.of("photo", "good", "same", tuple(values))


def _count(evidence: Evidence, entry: Payload) -> Rung:
    body = entry.body
    if not isinstance(body, SealUse):
        return Rung.of("count", "none", "none")
    made = body.counter_after - body.counter_before
    values: Values = (
        ("n-of", f"{body.n} / {body.of}"),
        ("uses-recorded", str(len(evidence.uses))),
        ("counter", f"{body.counter_before} → {body.counter_after}"),
    )
    if made != 1:
        return Rung.of("count", "bad", "counter", values)
    if body.n > body.of or len(evidence.uses) > body.of:
        return Rung.of("count", "bad", "over", values)
    if len(set(evidence.uses)) != len(evidence.uses):
        return Rung.of("count", "bad", "repeated", values)
    return Rung.of("count", "good", "within", values)
