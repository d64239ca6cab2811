"""How long things are kept, what is due, and erasing by two persons, as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from msgspec import Struct
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.commands import AskDue, AskErasure, AskPolicy, ConfirmErasure, ConfirmPolicy
from gateway.desk import retention as rules
from gateway.desk.access import Action
from gateway.desk.retention import ASKED_DAYS, DAY_MS
from gateway.stores.erasures import DueMonth, ErasureView
from gateway.web.api.answers import Index, answer, documented
from gateway.web.console.entries import find
from gateway.web.identity import Allow, AllowOrder, Visitor, site_of
from ledger.records_retention import Cause, What

router = APIRouter(tags=["retention"])
Looker = Annotated[Visitor, Depends(Allow(Action.READ_RETENTION))]
LogLooker = Annotated[Visitor, Depends(Allow(Action.READ_LOG))]
Eraser = Annotated[Visitor, Depends(AllowOrder(Action.ERASE))]
Years = Annotated[int, Field(ge=1, le=100)]


class Retention(Struct, frozen=True):
    """The years in force, what is due by month, and what waits for another person."""

    openings_years: int
    photos_years: int
    due: tuple[DueMonth, ...]
    asked: tuple[ErasureView, ...]


class Asked(Struct, frozen=True):
    """How many entries' values or photos somebody asked to erase."""

    entries: int


class Wish(BaseModel):
    """What to erase, and why; `whole`: with the other entries of the same affair."""

    what: What
    cause: Cause
    whole: bool = False


class Periods(BaseModel):
    """How many years openings and photos are kept."""

    openings_years: Years
    photos_years: Years


@router.get("/retention", responses=documented(Retention))
def retention(request: Request, visitor: Looker) -> Response:
    """What is in force, what is due, and what waits."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        kept = rules.years(reader.policy())
        limits = rules.cutoffs(kept, now_ms)
        due = reader.due_months(limits.openings_before_ms, limits.photos_before_ms)
        asked = reader.erasures_asked(now_ms - ASKED_DAYS * DAY_MS)
    return answer(Retention(kept.openings, kept.photos, due, asked))


@router.post("/retention", responses=documented(Index))
def ask_policy(request: Request, visitor: Eraser, body: Periods) -> Response:
    """Ask for other periods; answers the index of the entry that asks."""
    command = AskPolicy(
        by=visitor.account.account,
        openings_years=body.openings_years,
        photos_years=body.photos_years,
    )
    return answer({"index": site_of(request).order(command)})


@router.post("/retention/{asked}/confirmation", responses=documented(Index))
def confirm_policy(request: Request, visitor: Eraser, asked: str) -> Response:
    """Set the periods that another person's entry asks for."""
    command = ConfirmPolicy(by=visitor.account.account, asked=asked)
    return answer({"index": site_of(request).order(command)})


@router.post("/retention/months/{month}", responses=documented(Asked))
def ask_month(request: Request, visitor: Eraser, month: str) -> Response:
    """Ask for all that is due of a month (YYYY-MM)."""
    command = AskDue(by=visitor.account.account, month=month)
    return answer({"entries": site_of(request).order(command)})


@router.get("/entries/{entry_id}/erasures", responses=documented(tuple[ErasureView, ...]))
def erasures(request: Request, visitor: LogLooker, entry_id: str) -> Response:
    """What was asked or done about one entry, oldest first."""
    with site_of(request).port.reader() as reader:
        return answer(reader.erasures(find(reader, entry_id, visitor).entry.sha256))


@router.post("/entries/{entry_id}/erasure", responses=documented(Asked))
def ask(request: Request, visitor: Eraser, entry_id: str, body: Wish) -> Response:
    """Ask that an entry's values or photos be erased; another person has to confirm."""
    site = site_of(request)
    with site.port.reader() as reader:
        entry = find(reader, entry_id, visitor).entry
    command = AskErasure(
        by=visitor.account.account,
        entry=entry.sha256,
        what=body.what,
        cause=body.cause,
        whole=body.whole,
    )
    return answer({"entries": site.order(command)})


@router.post("/erasures/{asked}/confirmation", responses=documented(Index))
def confirm(request: Request, visitor: Eraser, asked: str) -> Response:
    """Confirm what another person's entry asks for: it is erased now."""
    command = ConfirmErasure(by=visitor.account.account, asked=asked)
    return answer({"index": site_of(request).order(command)})
