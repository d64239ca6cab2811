"""Requests, decisions, permits and lists as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from msgspec import Struct
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.commands import Document, DraftList, ReleaseList, RevokePermit
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores.office import ListDraftView
from gateway.stores.views import ListView, PermitView, RequestView, VillageView
from gateway.web.answers import newest, village_list
from gateway.web.api.answers import Index, answer, documented, for_visitor
from gateway.web.console.imports import parsed, unpacked
from gateway.web.console.permits import REASONS
from gateway.web.identity import Allow, AllowOrder, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.orders import decide
from ledger.matters import Answer, Matter, MatterList, look_up

router = APIRouter(tags=["desk"])
RequestLooker = Annotated[Visitor, Depends(Allow(Action.READ_REQUESTS))]
Decider = Annotated[Visitor, Depends(AllowOrder(Action.DECIDE))]
PermitLooker = Annotated[Visitor, Depends(Allow(Action.READ_PERMITS))]
Revoker = Annotated[Visitor, Depends(AllowOrder(Action.REVOKE_PERMIT))]
ListLooker = Annotated[Visitor, Depends(Allow(Action.READ_LISTS))]
Importer = Annotated[Visitor, Depends(AllowOrder(Action.IMPORT_LIST))]
ListReleaser = Annotated[Visitor, Depends(AllowOrder(Action.RELEASE_LIST))]
Limit = Annotated[int, Query(ge=1, le=200)]
State = Literal["filed", "open", "refused", "permitted"]


class Evidence(BaseModel):
    """A kind of evidence with a number, or the page of the request (from 1) that it is."""

    kind: Annotated[str, Field(max_length=40)]
    number: Annotated[str, Field(max_length=200)] = ""
    page: Number | None = None


class Decision(BaseModel):
    """Approve, refuse or return for correction; the latter two need a note.

    Open every page's photo first. `documents` names the evidence that the policy asks for.
    """

    decision: Literal["approve", "refuse", "return"]
    note: Annotated[str, Field(max_length=500)] = ""
    documents: Annotated[list[Evidence], Field(max_length=20)] = []


class End(BaseModel):
    """Why a permit ends: `mistake`, `withdrawn`, `misuse` or `machine-lost`."""

    reason: Annotated[str, Field(max_length=40)]


class NewList(BaseModel):
    """A list file (CSV or .xlsx), whose it is, and from which day it is in force."""

    layer: Literal["national", "province", "county", "township"]
    place: Annotated[str, Field(min_length=1, max_length=60)]
    from_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    file_base64: Annotated[str, Field(max_length=4_000_000)]


class Version(Struct, frozen=True):
    """The number of a released list."""

    version: int


@router.get("/requests", responses=documented(tuple[RequestView, ...]))
def requests(
    request: Request,
    visitor: RequestLooker,
    state: State | None = None,
    before: Number | None = None,
    limit: Limit = 50,
) -> Response:
    """Requests, newest first; state `open` waits for a decision."""
    with site_of(request).port.reader() as reader:
        only = visitor.only_machines(Action.READ_REQUESTS)
        found = reader.requests(state, before=before, limit=limit, machines=only)
    return answer([for_visitor(one, visitor) for one in found])


@router.get("/requests/{request_id}", responses=documented(RequestView))
def one_request(request: Request, visitor: RequestLooker, request_id: str) -> Response:
    """One request by its payload hash."""
    with site_of(request).port.reader() as reader:
        found = reader.request(request_id)
    if found is None or not visitor.sees(found.machine, Action.READ_REQUESTS):
        raise NotFoundError(f"expected a request, found none named {request_id[:64]}")
    return answer(for_visitor(found, visitor))


@router.post("/requests/{request_id}/decision", responses=documented(Index))
def decide_request(request: Request, visitor: Decider, request_id: str, body: Decision) -> Response:
    """Approve, refuse or return; answers the index of the entry."""
    named = tuple(
        Document(kind=one.kind, number=one.number, page=one.page) for one in body.documents
    )
    index = decide(site_of(request), visitor, request_id, body.decision, body.note, named)
    return answer({"index": index})


@router.get("/permits", responses=documented(tuple[PermitView, ...]))
def permits(
    request: Request,
    visitor: PermitLooker,
    machine: Annotated[str | None, Query(max_length=40)] = None,
    before: Number | None = None,
    limit: Limit = 50,
) -> Response:
    """Permits, newest first."""
    with site_of(request).port.reader() as reader:
        return answer(reader.permits(machine, before=before, limit=limit))


@router.get("/permits/{permit_id}", responses=documented(PermitView))
def permit(request: Request, visitor: PermitLooker, permit_id: str) -> Response:
    """One permit and what was spent of it."""
    with site_of(request).port.reader() as reader:
        found = reader.permit(permit_id)
    if found is None:
        raise NotFoundError(f"expected a permit, found none named {permit_id[:64]}")
    return answer(found)


@router.post("/permits/{permit_id}/revocation", responses=documented(Index))
def revoke(request: Request, visitor: Revoker, permit_id: str, body: End) -> Response:
    """End a permit now; answers the index of the Revocation entry."""
    if body.reason not in REASONS:
        raise RequestRefusedError(
            "reason-missing", f"expected one of {', '.join(REASONS)}, found {body.reason!r}"
        )
    index = site_of(request).order(
        RevokePermit(by=visitor.account.account, permit=permit_id, reason=body.reason)
    )
    return answer({"index": index})


@router.get("/lists", responses=documented(tuple[ListView, ...]))
def lists(request: Request, visitor: ListLooker) -> Response:
    """Every released version of every list."""
    with site_of(request).port.reader() as reader:
        return answer(reader.lists())


@router.post("/lists", responses=documented(Index))
def draft_list(request: Request, visitor: Importer, body: NewList) -> Response:
    """Draft a new version of a list for another person's release; answers the entry's index."""
    file = unpacked(body.file_base64)
    content = parsed(file, body.layer, body.place, body.from_date)
    index = site_of(request).order(DraftList(by=visitor.account.account, list=content, file=file))
    return answer({"index": index})


@router.get("/lists/drafts", responses=documented(tuple[ListDraftView, ...]))
def list_drafts(request: Request, visitor: ListLooker) -> Response:
    """Every draft of a list, newest first."""
    with site_of(request).port.reader() as reader:
        return answer(reader.list_drafts())


@router.post("/lists/drafts/{draft}/release", responses=documented(Version))
def release_list(request: Request, visitor: ListReleaser, draft: str) -> Response:
    """Put another person's draft (its entry's hash) in force; answers the version number."""
    version = site_of(request).order(ReleaseList(by=visitor.account.account, draft=draft))
    return answer({"version": version})


@router.get("/lists/{version}", responses=documented(MatterList))
def one_list(request: Request, visitor: ListLooker, version: Number) -> Response:
    """The content of one release."""
    with site_of(request).port.reader() as reader:
        found = reader.matter_list(version)
    if found is None:
        raise NotFoundError(f"expected a list version, found none numbered {version}")
    return answer(found)


@router.get("/villages", responses=documented(tuple[VillageView, ...]))
def villages(request: Request, visitor: ListLooker) -> Response:
    """The township's villages."""
    with site_of(request).port.reader() as reader:
        return answer(reader.villages())


@router.get("/villages/{village}/matters", responses=documented(tuple[Matter, ...]))
def village_matters(request: Request, visitor: ListLooker, village: str) -> Response:
    """What applies in a village today."""
    return answer(_matters(request, village))


@router.get("/look-up", responses=documented(Answer))
def look_up_matter(
    request: Request,
    visitor: ListLooker,
    village: Annotated[str, Query(max_length=12)],
    matter: Annotated[str, Query(min_length=1, max_length=80)],
) -> Response:
    """What the lists say of an item (code or name) in a village today, and which item decided."""
    return answer(look_up(_matters(request, village), matter))


def _matters(request: Request, village: str) -> tuple[Matter, ...]:
    site = site_of(request)
    with site.port.reader() as reader:
        place = reader.village(village)
        if place is None:
            raise NotFoundError(f"expected a village, found none with the code {village[:12]}")
        return village_list(reader, place, newest(reader), site.port.now_ms())
