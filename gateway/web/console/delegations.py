"""Delegations: who holds whose offices while somebody is away; given by oneself, ended by one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands import Delegate, EndDelegation
from gateway.desk.access import Action
from gateway.desk.accounts import VILLAGE_OFFICES
from gateway.desk.delegations import DAY_MS, LONGEST_DAYS, is_near
from gateway.desk.policy import APPROVING
from gateway.errors import RequestRefusedError
from gateway.stores.calendar import local_date
from gateway.stores.views import Account
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.render import day_start_ms

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.DELEGATE))]
Giver = Annotated[Visitor, Depends(AllowChange(Action.DELEGATE))]
Day = Annotated[str, Form(pattern=r"^\d{4}-\d{2}-\d{2}$")]


@router.get("/delegations")
def show(request: Request, visitor: Looker) -> Response:
    """What holds now or later, what ended lately, and the form for one's own offices."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        own, accounts = mine(reader, visitor), reader.accounts()
        giving = [one for one in visitor.account.offices if one in APPROVING]
        far = {one.account for one in accounts if not _is_near(visitor, one)}
        return page(
            request,
            reader,
            visitor,
            "delegations.html",
            "delegations",
            delegations=[
                one
                for one in reader.delegations(now_ms - LONGEST_DAYS * DAY_MS)
                if one.absent not in far or one.substitute in own
            ],
            own=giving,
            others=[
                one
                for one in accounts
                if one.person != visitor.account.person
                and any(is_near(visitor.account, one, office) for office in giving)
            ],
            mine=own,
            people={one.account: one.name for one in accounts},
            today=local_date(now_ms),
            days=LONGEST_DAYS,
        )


@router.post("/delegations")
def give(
    request: Request,
    visitor: Giver,
    substitute: Annotated[str, Form(max_length=40)],
    from_day: Day,
    until_day: Day,
    offices: Annotated[list[str], Form(max_length=10)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Give one's own offices to a substitute, from the first day to the end of the last."""
    start_ms, last_ms = day_start_ms(from_day), day_start_ms(until_day)
    if start_ms is None or last_ms is None:
        raise RequestRefusedError("no-date", f"expected days, found {from_day!r}, {until_day!r}")
    command = Delegate(
        by=visitor.account.account,
        substitute=substitute,
        offices=tuple(offices),
        from_ms=start_ms,
        until_ms=last_ms + DAY_MS,
    )
    site_of(request).order(command)
    return see_other("/delegations?done=delegated")


@router.post("/delegations/{delegation}/end")
def end(request: Request, visitor: Giver, delegation: str) -> Response:
    """End one now."""
    site_of(request).order(EndDelegation(by=visitor.account.account, delegation=delegation))
    return see_other("/delegations?done=delegation-ended")


def _is_near(visitor: Visitor, account: Account) -> bool:
    """Return whether somebody is of a village that this visitor sees, or of the township."""
    of_township = any(one not in VILLAGE_OFFICES for one in account.offices)
    return of_township or visitor.sees_village(account.village, Action.DELEGATE)
