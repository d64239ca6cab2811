"""The upper rungs of the ladder: permit, list, photo and count, for entries that have them."""

from __future__ import annotations

from gateway.web import ladder_values
from gateway.web.rungs import Evidence, Result, Rung, Values
from ledger import codec, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.matters import Matter
from ledger.records import Intent, Permit, PhotoRef, Refusal, Revocation, SealRequest, SealUse
from ledger.records_permits import StandingPermit
from ledger.records_retention import What

_LIST_RESULTS: dict[str, Result] = {
    "allowed": "good",
    "discretionary": "warn",
    "forbidden": "bad",
    "off-list": "bad",
}


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
    if not isinstance(permit, Permit | StandingPermit) or signer.role != "gateway":
        return Rung.of("permit", "bad", "broken", (*values, ("signed-by", signer.holder)))
    values = (*values, *_permit_values(permit), ("signed-by", signer.holder))
    said = _permit_fault(permit, entry, evidence, ring)
    return Rung.of("permit", "bad" if said else "good", said or "covers", values)


def _permit_values(permit: Permit | StandingPermit) -> Values:
    begins_ms = _begins_ms(permit)
    begins = "-" if begins_ms is None else f"ms:{begins_ms}"
    most = str(permit.impressions) if isinstance(permit, Permit) else str(permit.total)
    return (
        ("machine", permit.machine),
        ("seal", permit.seal),
        ("matter", permit.matter),
        ("not-before", begins),
        ("not-after", f"ms:{permit.not_after_ms}"),
        ("impressions", most),
    )


def _begins_ms(permit: Permit | StandingPermit) -> int | None:
    return permit.not_before_ms if isinstance(permit, Permit) else None


def _permit_fault(
    permit: Permit | StandingPermit, entry: Payload, evidence: Evidence, ring: KeyRing
) -> str | None:
    body, position = entry.body, entry.position
    assert isinstance(body, SealUse | Intent)
    at_ms, begins_ms = position.at_ms, _begins_ms(permit)
    revoked_ms = _revoked_ms(evidence, permit, ring)
    faults = (
        ("broken", permit.permit != body.permit),
        ("other-machine", permit.machine != position.device),
        ("other-seal", permit.seal != body.seal),
        ("other-matter", isinstance(body, SealUse) and permit.matter != body.matter),
        ("too-early", begins_ms is not None and at_ms < begins_ms),
        ("expired", at_ms > permit.not_after_ms),
        ("revoked", revoked_ms is not None and at_ms > revoked_ms),
    )
    return next((said for said, found in faults if found), None)


def _revoked_ms(evidence: Evidence, permit: Permit | StandingPermit, ring: KeyRing) -> int | None:
    if evidence.revocation is None:
        return None
    try:
        parsed, signer = envelope.verify(evidence.revocation, ring)
        entry = codec.decode_entry(parsed.payload_type, parsed.payload)
    except LedgerError:
        return None
    named = isinstance(entry.body, Revocation) and entry.body.permit == permit.permit
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
