"""Permits: what a machine may do, exactly, once everybody who must has agreed. Pure."""

from __future__ import annotations

from gateway.stores.views import PermitView, RequestView
from ledger import codec
from ledger.records import Permit

DAY_MS = 24 * 3600 * 1000
LONGEST_DAYS = 365  # a permit never holds longer, whatever the configuration says


def permit_id(request: str) -> str:
    """Return the id of the one permit that a request can lead to."""
    return "p-" + codec.sha256(b"permit " + request.encode())[:16]


def permit_for(request: RequestView, approvals: tuple[str, ...], now_ms: int, days: int) -> Permit:
    """Return the permit for an approved request: its pages, its copies, from now on."""
    return Permit(
        permit=permit_id(request.request),
        scope="document",
        machine=request.machine,
        seal=request.seal,
        matter=request.matter,
        list_version=request.list_version,
        impressions=request.copies,
        not_before_ms=None,
        not_after_ms=now_ms + days * DAY_MS,
        request=request.request,
        approvals=approvals,
        seams=request.seams,
    )


def has_ended(permit: PermitView, now_ms: int) -> bool:
    """Tell whether a permit was revoked or has run out; a spent one ends by its count."""
    return permit.revoked_ms is not None or now_ms > permit.not_after_ms
