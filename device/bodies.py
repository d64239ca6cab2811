"""Bodies: what the entries about one impression say. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from device.book import Filed
from device.capture import Taken
from device.warrants import Warrant
from hardware.interfaces import Settlement
from ledger.records import SEAM, Incident, Intent, PhotoRef, Refusal, SealUse
from ledger.withdrawals import WITHDRAWN


class Order(Struct, frozen=True, kw_only=True):
    """One impression that is wanted: under which permit, by whom, on which checked page.

    Args:
        page: what the photo after the press is compared with: the photo before it, or, where a
            restart finds no copy of that, the approved page; `approved` is that beside it.
    """

    permit: Warrant
    n: int
    operator: str
    before: PhotoRef
    page: bytes
    approved: bytes = b""
    flags: tuple[str, ...] = ()


class Reserved(Struct, frozen=True, kw_only=True):
    """An order whose intent is durable: the intent's hash and the counter before it."""

    order: Order
    intent: str
    counter_before: int
    controller: Literal["A", "B"]


def photo_ref(taken: Taken) -> PhotoRef:
    """Return a kept photo as entries name it."""
    return PhotoRef(
        sha256=taken.sha256,
        size=taken.size,
        sealed_sha256=taken.sealed_sha256,
        sealed_size=taken.sealed_size,
    )


def photos_of(reserved: Reserved | None, after: Taken | None) -> tuple[PhotoRef, ...]:
    """Return the photos of an impression that ended as an incident: before it, and after."""
    before = () if reserved is None else (reserved.order.before,)
    return before if after is None else (*before, photo_ref(after))


def as_taken(ref: PhotoRef, jpeg: bytes) -> Taken:
    """Return a photo named by `ref` with a picture of the same page to compare with."""
    return Taken(
        sha256=ref.sha256,
        size=ref.size,
        sealed_sha256=ref.sealed_sha256,
        sealed_size=ref.sealed_size,
        width=0,
        height=0,
        findings=(),
        jpeg=jpeg,
    )


def intent(order: Order, counter_before: int, controller: Literal["A", "B"]) -> Intent:
    """Return the reservation of one impression."""
    return Intent(
        permit=order.permit.permit,
        n=order.n,
        of=order.permit.impressions,
        seal=order.permit.seal,
        page=order.before.sha256,
        operator=order.operator,
        counter_before=counter_before,
        controller=controller,
        request=order.permit.request if order.permit.standing is not None else None,
        flags=(SEAM,) if SEAM in order.flags else (),
    )


def resumed(found: Intent, sha256: str, permit: Warrant, before: PhotoRef, page: bytes) -> Reserved:
    """Return an open intent of an earlier run as it was reserved."""
    order = Order(
        permit=permit,
        n=found.n,
        operator=found.operator,
        before=before,
        page=page,
        flags=(*found.flags, "late_photo"),
    )
    return Reserved(
        order=order,
        intent=sha256,
        counter_before=found.counter_before,
        controller=found.controller,
    )


def use(reserved: Reserved, after: Taken, counter_after: int, flags: tuple[str, ...]) -> SealUse:
    """Return the record of an impression that was made and photographed."""
    order = reserved.order
    return SealUse(
        permit=order.permit.permit,
        intent=reserved.intent,
        n=order.n,
        of=order.permit.impressions,
        seal=order.permit.seal,
        matter=order.permit.matter,
        before=order.before,
        after=photo_ref(after),
        counter_before=reserved.counter_before,
        counter_after=counter_after,
        findings=after.findings,
        operator=order.operator,
        flags=flags,
        controller=reserved.controller,
    )


def incident(
    seal: str,
    code: str,
    settlement: Settlement,
    intent_sha256: str | None,
    photos: tuple[PhotoRef, ...] = (),
    *,
    held: bool = True,
) -> Incident:
    """Return the record of something that is not a plain use; normally the machine is held."""
    return Incident(
        intent=intent_sha256,
        seal=seal,
        code=code,
        impressions_min=settlement.minimum,
        impressions_max=settlement.maximum,
        held=held,
        photos=photos,
        text_commitment=None,
    )


def refusal(permit: Warrant, by: str, reason: str) -> Refusal:
    """Return the record that a use was refused, and why."""
    return Refusal(
        about=permit.request,
        permit=permit.permit,
        matter=permit.matter,
        seal=permit.seal,
        reason=reason,
        list_version=permit.list_version,
        filed_by=by,
        text_commitment=None,
    )


def withdrawal(filed: Filed, permit: str | None, by: str) -> Refusal:
    """Return the record that a request is taken back; `permit`: what it has been given."""
    return Refusal(
        about=filed.sha256,
        permit=permit,
        matter=filed.request.matter,
        seal=filed.request.seal,
        reason=WITHDRAWN,
        list_version=filed.request.list_version,
        filed_by=filed.request.filed_by,
        text_commitment=None,
        by=by,
    )


def log_rewritten(seal: str) -> Incident:
    """Return the record that the public log contradicts itself; nothing was pressed."""
    unpressed = Settlement(evidence="not-received", minimum=0, maximum=0)
    return incident(seal, "log-rewritten", unpressed, None, held=False)
