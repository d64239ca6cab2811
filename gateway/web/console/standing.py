"""Standing permits: what is agreed to beforehand, drafts that wait, and a form for a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands import DraftStanding, ReleaseStanding
from gateway.desk.access import Action
from gateway.desk.permits import DAY_MS
from gateway.desk.standing_permits import MOST_IN_ALL, MOST_PER_DAY, is_waiting
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores.calendar import local_date
from gateway.web.answers import MatterNames
from gateway.web.console.permits import state
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.render import day_start_ms

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_STANDING))]
Drafter = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_STANDING))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_STANDING))]
Name = Annotated[str, Form(max_length=60)]
Number = Annotated[int, Form(ge=0, le=1_000_000)]


@router.get("/standing")
def show(request: Request, visitor: Looker) -> Response:
    """Drafts of others first, then what is released, with what is spent."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        names = MatterNames(reader, now_ms)
        found = reader.standing_permits()
        spent = {one.permit: reader.permit(one.permit) for one in found}
        return page(
            request,
            reader,
            visitor,
            "standing.html",
            "standing",
            waiting=[one for one in found if is_waiting(one, now_ms)],
            released=[
                (one, permit, state(permit, now_ms))
                for one in found
                if (permit := spent[one.permit]) is not None
            ],
            names={one.permit: names.of(one.machine, one.matter) for one in found},
            mine=mine(reader, visitor),
            people={one.account: one.name for one in reader.accounts()},
            machines=reader.machines(),
            today=local_date(now_ms),
            most=(MOST_PER_DAY, MOST_IN_ALL),
        )


@router.post("/standing")
def draft(
    request: Request,
    visitor: Drafter,
    where: Annotated[str, Form(max_length=81)],
    matter: Name,
    per_day: Number,
    total: Number,
    until: Annotated[str, Form(pattern=r"^\d{4}-\d{2}-\d{2}$")],
) -> Response:
    """Draft one, until the end of its last day; `where` is `<machine>/<seal>`."""
    machine, seal = place_of(where)
    command = DraftStanding(
        by=visitor.account.account,
        machine=machine,
        seal=seal,
        matter=matter,
        per_day=per_day,
        total=total,
        not_after_ms=end_of(until),
    )
    site_of(request).order(command)
    return see_other("/standing?done=standing-drafted")


@router.post("/standing/{permit}/release")
def release(request: Request, visitor: Releaser, permit: str) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleaseStanding(by=visitor.account.account, permit=permit))
    return see_other("/standing?done=standing-released")


def place_of(where: str) -> tuple[str, str]:
    """Return machine and seal of a form's `<machine>/<seal>`.

    Raises:
        NotFoundError: it names no seal.
    """
    machine, _, seal = where.partition("/")
    if not seal:
        raise NotFoundError(f"expected a machine and one of its seals, found {where!r}")
    return machine, seal


def end_of(day: str) -> int:
    """Return the last millisecond of a local day.

    Raises:
        RequestRefusedError: `no-date`.
    """
    start_ms = day_start_ms(day)
    if start_ms is None:
        raise RequestRefusedError("no-date", f"expected a day, found {day!r}")
    return start_ms + DAY_MS - 1
