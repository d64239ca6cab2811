"""Warrants: what allows one request's impressions, whichever permit stands behind it. Pure."""

from __future__ import annotations

from msgspec import Struct

from ledger.records import Permit, SealRequest
from ledger.records_permits import EmergencyPermit, StandingPermit


class Warrant(Struct, frozen=True, kw_only=True):
    """So many impressions for one request.

    Args:
        impressions: for this request alone.
        confirm: an approver releases each impression.
        standing: the standing permit that it draws from; None: the permit is the request's own.
        seams: how many of them are seam stamps.
        approvers: accounts that agreed to it, as far as they are known here; none of them presses.
    """

    permit: str
    machine: str
    seal: str
    matter: str
    list_version: int
    impressions: int
    not_before_ms: int | None
    not_after_ms: int
    request: str
    standing: StandingPermit | None = None
    confirm: bool = False
    seams: int = 0
    approvers: tuple[str, ...] = ()


def of_permit(permit: Permit, approvers: tuple[str, ...] = ()) -> Warrant:
    """Return what a request's own permit allows; `approvers` gave the approvals that it names."""
    return Warrant(
        permit=permit.permit,
        machine=permit.machine,
        seal=permit.seal,
        matter=permit.matter,
        list_version=permit.list_version,
        impressions=permit.impressions,
        not_before_ms=permit.not_before_ms,
        not_after_ms=permit.not_after_ms,
        request=permit.request,
        confirm=permit.confirm is not None,
        seams=permit.seams,
        approvers=approvers,
    )


def of_emergency(permit: EmergencyPermit, machine: str, seams: int = 0) -> Warrant:
    """Return what a permit allows that two approvers' codes gave; `seams` its request asks for."""
    return Warrant(
        permit=permit.permit,
        machine=machine,
        seal=permit.seal,
        matter=permit.matter,
        list_version=permit.list_version,
        impressions=permit.impressions,
        not_before_ms=None,
        not_after_ms=permit.not_after_ms,
        request=permit.request,
        seams=seams,
        approvers=permit.approvers,
    )


def of_standing(standing: StandingPermit, sha256: str, request: SealRequest) -> Warrant | None:
    """Return what a standing permit allows a request that names it; None: it does not cover it."""
    named = (request.permit, request.seal, request.matter)
    if named != (standing.permit, standing.seal, standing.matter):
        return None
    return Warrant(
        permit=standing.permit,
        machine=standing.machine,
        seal=standing.seal,
        matter=standing.matter,
        list_version=standing.list_version,
        impressions=request.copies,
        not_before_ms=None,
        not_after_ms=standing.not_after_ms,
        request=sha256,
        standing=standing,
        approvers=tuple(one for one in (standing.by, standing.released_by) if one is not None),
    )
