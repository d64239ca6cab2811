"""Approvals: the inbox, one request with its pages, and the decision in two taps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from gateway.commands import Document
from gateway.desk.access import Action
from gateway.desk.policy_progress import unfillable
from gateway.desk.standing import Standing, standing
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.views import RequestState, RequestView, StoredEntry
from gateway.web.answers import answer
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
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
    before: Number | None = None,
) -> Response:
    """Requests in one state; those that wait for a decision first."""
    chosen: RequestState = next((one for one in STATES if one == state), "open")
    with site_of(request).port.reader() as reader:
        found = reader.requests(
            chosen,
            before=before,
            limit=PAGE_SIZE + 1,
            machines=visitor.only_machines(Action.READ_REQUESTS),
        )
        return page(
            request,
            reader,
            visitor,
            "approvals.html",
            "approvals",
            requests=[
                row(reader, visitor, one, site_of(request).port.now_ms())
                for one in found[:PAGE_SIZE]
            ],
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
    have: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One request; `step` (approve, refuse, return) is the first tap and asks for the second.

    A page whose photos are on their way asks again by itself, and says what it shows (`have`);
    the answer is empty while nothing has come.
    """
    site = site_of(request)
    with site.port.reader() as reader:
        found = reader.request(request_id)
        if found is None or not visitor.sees(found.machine, Action.READ_REQUESTS):
            raise NotFoundError(f"expected a request, found none named {request_id[:64]}")
        coming = _coming(found)
        if have and have == coming:
            return Response(status_code=204)
        return page(
            request,
            reader,
            visitor,
            "request.html",
            "approvals",
            step=step if step in ("approve", "refuse", "return") else "",
            coming=coming,
            first=_made_up(reader, request_id),
            unseen=missing_page(site, visitor, found) is not None,
            waiting_pages=any(one.stored_ms is None for one in found.pages),
            permit=reader.permit(found.permit) if found.permit else None,
            **row(reader, visitor, found, site.port.now_ms()),
        )


def _coming(one: RequestView) -> str:
    """Return how far a request has come whose contents or photos are on their way; else ""."""
    stored = sum(page.stored_ms is not None for page in one.pages)
    waits = one.state == "filed" or (one.state == "open" and stored < one.pages_count)
    return f"{one.state}-{len(one.pages)}-{stored}" if waits else ""


def _made_up(reader: Reader, request: str) -> StoredEntry | None:
    """Return the faint use that a request makes up for, if it does."""
    entry = reader.entry(request)
    named = getattr(entry.body, "makes_up", UNSET) if entry is not None else UNSET
    return None if isinstance(named, UnsetType) else reader.entry(str(named))


@router.post("/approvals/{request_id}")
def decide_request(
    request: Request,
    visitor: Decider,
    request_id: str,
    decision: Annotated[str, Form(pattern="^(approve|refuse|return)$")],
    note: Annotated[str, Form(max_length=500)] = "",
    kind: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006  FastAPI copies it
    number: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006  FastAPI copies it
    sheet: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """The second tap. Each piece of evidence has a `kind`, a `number` and a page (`sheet`)."""
    site = site_of(request)
    decide(site, visitor, request_id, decision, note, documents(kind, number, sheet))
    if decision != "approve":
        return see_other(f"/approvals?done={'returned' if decision == 'return' else 'refused'}")
    with site.port.reader() as reader:
        after = reader.request(request_id)
    done = "approved" if after is not None and after.permit else "agreed"
    return see_other(f"/approvals?done={done}")


def documents(kinds: list[str], numbers: list[str], sheets: list[str]) -> tuple[Document, ...]:
    """Return the evidence that a form names; what was left empty is none.

    Raises:
        RequestRefusedError: `bad-request`.
    """
    if not len(kinds) == len(numbers) == len(sheets) or not all(
        one.isascii() and one.isdigit() for one in sheets if one
    ):
        raise RequestRefusedError("bad-request", "expected kind, number and page of each evidence")
    return tuple(
        Document(kind=kind, number=number.strip(), page=int(sheet) if sheet else None)
        for kind, number, sheet in zip(kinds, numbers, sheets, strict=True)
        if number.strip() or sheet
    )


def steps(reader: Reader, one: RequestView, now_ms: int) -> dict[str, Any]:
    """Return what the policy asks of a request, who has decided and who is next."""
    try:
        stand = standing(reader, one, now_ms)
    except RequestRefusedError:  # its file is not here; nobody can decide
        return {"stand": None, "next": (), "nobody": ()}
    waits = one.state == "open"
    return {
        "stand": stand,
        "next": stand.next_people() if waits else (),
        "nobody": unfillable(stand.required, stand.decisions, stand.candidates) if waits else (),
    }


def row(reader: Reader, visitor: Visitor, one: RequestView, now_ms: int) -> dict[str, Any]:
    """Return a request with what a page shows beside it."""
    machine = reader.machine(one.machine)
    asked = steps(reader, one, now_ms)
    stand: Standing | None = asked["stand"]
    filer = reader.account(one.filed_by)
    return {
        "request": one,
        "machine": machine,
        "filer": filer.name if filer else one.filed_by,
        "answer": answer(reader, one.machine, one.matter, one.list_version, one.at_ms),
        "own": why_not(reader, visitor, one, stand),
        "persons": {known.person: known.name for known in reader.accounts()},
        **asked,
        "names": {
            approval.approver: (known.name if known else approval.approver)
            for approval in one.approvals
            for known in (reader.account(approval.approver),)
        },
    }
