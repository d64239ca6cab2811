"""Emergencies: terms by two persons, each approver's codes shown once, an end at once."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands import DraftEmergency, PrintCodes, ReleaseEmergency, StopEmergency
from gateway.desk.access import Action
from gateway.desk.emergencies import MOST_IMPRESSIONS, MOST_USES
from gateway.errors import NotFoundError
from gateway.stores.calendar import local_date
from gateway.stores.emergencies import TermsView
from gateway.web.answers import MatterNames
from gateway.web.console.retention import mine
from gateway.web.console.standing import end_of, place_of
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_EMERGENCY))]
Drafter = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_EMERGENCY))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_EMERGENCY))]
Holder = Annotated[Visitor, Depends(AllowChange(Action.PRINT_CODES))]
Stopper = Annotated[Visitor, Depends(AllowChange(Action.STOP_EMERGENCY))]
Number = Annotated[int, Form(ge=0, le=1_000)]


@router.get("/emergency")
def show(request: Request, visitor: Looker) -> Response:
    """Drafts, terms in force with who has printed codes, and what is over."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        names = MatterNames(reader, now_ms)
        found = [
            one
            for one in reader.emergency_terms()
            if visitor.sees(one.body.machine, Action.READ_EMERGENCY)
        ]
        own = mine(reader, visitor)
        return page(
            request,
            reader,
            visitor,
            "emergency.html",
            "emergency",
            waiting=[one for one in found if one.release is None],
            released=[one for one in found if one.release is not None],
            items={
                one.body.terms: [names.of(one.body.machine, code) for code in one.body.matters]
                for one in found
            },
            printable=[one.body.terms for one in found if _may_print(one, visitor, own, now_ms)],
            mine=own,
            people={one.account: one.name for one in reader.accounts()},
            machines=[
                one for one in reader.machines() if visitor.sees(one.machine, Action.READ_EMERGENCY)
            ],
            today=local_date(now_ms),
            most=(MOST_USES, MOST_IMPRESSIONS),
        )


@router.post("/emergency")
def draft(
    request: Request,
    visitor: Drafter,
    where: Annotated[str, Form(max_length=81)],
    matters: Annotated[str, Form(max_length=2000)],
    uses: Number,
    impressions: Number,
    until: Annotated[str, Form(pattern=r"^\d{4}-\d{2}-\d{2}$")],
) -> Response:
    """Draft terms, until the end of their last day; `where` is `<machine>/<seal>`."""
    machine, seal = place_of(where)
    command = DraftEmergency(
        by=visitor.account.account,
        machine=machine,
        seal=seal,
        matters=tuple(one.strip() for one in matters.splitlines() if one.strip()),
        uses=uses,
        impressions=impressions,
        not_after_ms=end_of(until),
    )
    site_of(request).order(command)
    return see_other("/emergency?done=emergency-drafted")


@router.post("/emergency/{terms}/release")
def release(request: Request, visitor: Releaser, terms: str) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleaseEmergency(by=visitor.account.account, terms=terms))
    return see_other("/emergency?done=emergency-released")


@router.post("/emergency/{terms}/codes")
def print_codes(request: Request, visitor: Holder, terms: str) -> Response:
    """Show one's own codes, this once; nothing keeps them."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = [one for one in reader.emergency_terms() if one.body.terms == terms]
    if not found or not visitor.sees(found[0].body.machine, Action.PRINT_CODES):
        raise NotFoundError(f"expected emergency terms, found none named {terms[:40]}")
    answer = site.order(PrintCodes(by=visitor.account.account, terms=terms))
    codes = cast("tuple[tuple[str, str], ...]", answer)
    with site.port.reader() as reader:
        names = MatterNames(reader, site.port.now_ms())
        body = found[0].body
        return page(
            request,
            reader,
            visitor,
            "emergency_codes.html",
            "emergency",
            terms=body,
            codes=codes,
            items=[names.of(body.machine, code) for code in body.matters],
            machine=reader.machine(body.machine),
        )


@router.post("/emergency/{terms}/stop")
def stop(request: Request, visitor: Stopper, terms: str) -> Response:
    """End terms now."""
    site_of(request).order(StopEmergency(by=visitor.account.account, terms=terms))
    return see_other("/emergency?done=emergency-stopped")


def _may_print(one: TermsView, visitor: Visitor, own: frozenset[str], now_ms: int) -> bool:
    has = any(holder in own for holder, _ in one.printed)
    here = visitor.sees(one.body.machine, Action.PRINT_CODES)
    return here and one.holds(now_ms) and not has
