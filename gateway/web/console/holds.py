"""Holds: machines that stay locked until a named person has counted the impressions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.commands import ReleaseHold
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other

MOST_COUNTED = 1000  # a slip of the finger, not a count
RECENT = 20  # released holds that stay on the page

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_HOLDS))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_HOLD))]


@router.get("/holds")
def holds(request: Request, visitor: Looker) -> Response:
    """Machines that are held now, and those that were released lately."""
    with site_of(request).port.reader() as reader:
        open_holds = reader.holds()
        known = {one.hold for one in open_holds}
        released = [one for one in reader.holds(open_only=False) if one.hold not in known]
        return page(
            request,
            reader,
            visitor,
            "holds.html",
            "holds",
            holds=open_holds,
            released=released[:RECENT],
            machines={one.machine: one for one in reader.machines()},
            people={one.account: one.name for one in reader.accounts()},
        )


@router.get("/holds/{hold_id}")
def show(
    request: Request,
    visitor: Looker,
    hold_id: str,
    counted: Annotated[str, Query(max_length=6)] = "",
) -> Response:
    """One hold with its incident; `counted` is the first tap and asks for the second."""
    with site_of(request).port.reader() as reader:
        hold = reader.hold(hold_id)
        detail = reader.detail(hold_id)
        if hold is None or detail is None:
            raise NotFoundError(f"expected a held incident, found none named {hold_id[:64]}")
        return page(
            request,
            reader,
            visitor,
            "hold.html",
            "holds",
            hold=hold,
            detail=detail,
            machine=reader.machine(hold.machine),
            counted=int(counted) if counted.isdecimal() and int(counted) <= MOST_COUNTED else None,
            entered=counted,
            people={one.account: one.name for one in reader.accounts()},
        )


@router.post("/holds/{hold_id}")
def release(
    request: Request,
    visitor: Releaser,
    hold_id: str,
    impressions: Annotated[Number, Form()],
) -> Response:
    """The second tap: this person counted so many impressions, the machine may work again.

    Of a hold that is released already, the release is sent once more.
    """
    if not 0 <= impressions <= MOST_COUNTED:
        raise RequestRefusedError(
            "count-out-of-range", f"expected 0 to {MOST_COUNTED} impressions, found {impressions}"
        )
    site = site_of(request)
    with site.port.reader() as reader:
        hold = reader.hold(hold_id)
    site.order(ReleaseHold(by=visitor.account.account, hold=hold_id, impressions=impressions))
    again = hold is not None and hold.released_index is not None
    return see_other("/holds?done=sent-again" if again else "/holds?done=released")
