"""Approvals: the inbox, one request with its pages, and the decision in two taps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.stores import Reader
from gateway.stores.views import RequestState, RequestView
from gateway.web.answers import answer
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.orders import decide, missing_page, why_not
from gateway.web.pages import page, see_other

PAGE_SIZE = 30
STATES: tuple[RequestState, ...] = ("open", "filed", "permitted", "refused")

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_REQUESTS))]
Decider = Annotated[Visitor, Depends(AllowChange(Action.DECIDE))]


@router.get("/approvals")
def inbox(
    request: Request,
    visitor: Looker,
    state: Annotated[str, Query(max_length=20)] = "open",
    before: int | None = None,
) -> Response:
    """Requests in one state; those that wait for a decision first."""
    chosen: RequestState = next((one for one in STATES if one == state), "open")
    with site_of(request).port.reader() as reader:
        found = reader.requests(chosen, before=before, limit=PAGE_SIZE + 1)
        return page(
            request,
            reader,
            visitor,
            "approvals.html",
            "approvals",
            requests=[row(reader, visitor, one) for one in found[:PAGE_SIZE]],
            state=chosen,
            states=STATES,
            older=found[PAGE_SIZE - 1].index if len(found) > PAGE_SIZE else None,
        )


@router.get("/approvals/{request_id}")
def show(
    request: Request,
    visitor: Looker,
    request_id: str,
    step: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One request; `step` (`approve`, `refuse`) is the first tap and asks for the second."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = reader.request(request_id)
        if found is None:
            raise NotFoundError(f"expected a request, found none named {request_id[:64]}")
        return page(
            request,
            reader,
            visitor,
            "request.html",
            "approvals",
            step=step if step in ("approve", "refuse") else "",
            unseen=missing_page(site, visitor, found) is not None,
            waiting_pages=any(one.stored_ms is None for one in found.pages),
            permit=reader.permit(found.permit) if found.permit else None,
            **row(reader, visitor, found),
        )


@router.post("/approvals/{request_id}")
def decide_request(
    request: Request,
    visitor: Decider,
    request_id: str,
    decision: Annotated[str, Form(pattern="^(approve|refuse)$")],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The second tap."""
    decide(site_of(request), visitor, request_id, decision, note)
    return see_other(f"/approvals?done={'approved' if decision == 'approve' else 'refused'}")


def row(reader: Reader, visitor: Visitor, one: RequestView) -> dict[str, Any]:
    """Return a request with what a page shows beside it."""
    machine = reader.machine(one.machine)
    filer = reader.account(one.filed_by)
    return {
        "request": one,
        "machine": machine,
        "filer": filer.name if filer else one.filed_by,
        "answer": answer(reader, one.machine, one.matter, one.list_version, one.at_ms),
        "own": why_not(reader, visitor, one),
        "names": {
            approval.approver: (known.name if known else approval.approver)
            for approval in one.approvals
            for known in (reader.account(approval.approver),)
        },
    }
