"""Permits: what may still be stamped where, and ending one at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.commands import RevokePermit
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores.views import PermitView
from gateway.web.answers import MatterNames
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other

PAGE_SIZE = 30
REASONS = ("mistake", "withdrawn", "misuse", "machine-lost")

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_PERMITS))]
Revoker = Annotated[Visitor, Depends(AllowChange(Action.REVOKE_PERMIT))]


@router.get("/permits")
def permits(
    request: Request,
    visitor: Looker,
    machine: Annotated[str, Query(max_length=40)] = "",
    before: Number | None = None,
) -> Response:
    """Permits, newest first."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        names = MatterNames(reader, now_ms)
        found = reader.permits(machine or None, before=before, limit=PAGE_SIZE + 1)
        return page(
            request,
            reader,
            visitor,
            "permits.html",
            "permits",
            permits=[
                (one, state(one, now_ms), names.of(one.machine, one.matter))
                for one in found[:PAGE_SIZE]
            ],
            older=found[PAGE_SIZE - 1].index if len(found) > PAGE_SIZE else None,
            machine=machine,
            machines=reader.machines(),
        )


@router.get("/permits/{permit_id}")
def show(
    request: Request,
    visitor: Looker,
    permit_id: str,
    step: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """One permit; `step` `revoke` is the first tap and asks for reason and second tap."""
    site = site_of(request)
    with site.port.reader() as reader:
        permit = reader.permit(permit_id)
        if permit is None:
            raise NotFoundError(f"expected a permit, found none named {permit_id[:64]}")
        return page(
            request,
            reader,
            visitor,
            "permit.html",
            "permits",
            permit=permit,
            name=MatterNames(reader, site.port.now_ms()).of(permit.machine, permit.matter),
            machine=reader.machine(permit.machine),
            state=state(permit, site.port.now_ms()),
            step=step,
            reasons=REASONS,
            detail=reader.detail(permit.sha256),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.post("/permits/{permit_id}")
def revoke(
    request: Request,
    visitor: Revoker,
    permit_id: str,
    reason: Annotated[str, Form(max_length=40)],
) -> Response:
    """The second tap: the permit ends now."""
    if reason not in REASONS:
        raise RequestRefusedError(
            "reason-missing", f"expected one of {', '.join(REASONS)}, found {reason!r}"
        )
    site_of(request).order(
        RevokePermit(by=visitor.account.account, permit=permit_id, reason=reason)
    )
    return see_other(f"/permits/{permit_id}?done=revoked")


def state(permit: PermitView, now_ms: int) -> str:
    """Return where a permit stands: `revoked`, `spent`, `expired`, `future` or `valid`."""
    if permit.revoked_ms is not None:
        return "revoked"
    if permit.spent >= permit.impressions:
        return "spent"
    if now_ms > permit.not_after_ms:
        return "expired"
    if permit.not_before_ms is not None and now_ms < permit.not_before_ms:
        return "future"
    return "valid"
