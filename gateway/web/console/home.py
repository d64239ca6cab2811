"""The home page: what needs this visitor first; and the badges that keep themselves current."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.stores.views import MachineView
from gateway.web.console.approvals import row
from gateway.web.console.machines import seen_machines
from gateway.web.counts import badge, counts
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import menu, page

FIRST = 5  # of each kind on the home page
SILENT_MS = 60 * 60 * 1000  # a machine without a word for this long is worth a line

router = APIRouter()
Anybody = Annotated[Visitor, Depends(Allow(Action.READ_HOME))]


@router.get("/")
def home(request: Request, visitor: Anybody) -> Response:
    """What waits for this person, the gravest first; nothing else."""
    site = site_of(request)
    with site.port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "home.html",
            "home",
            holds=reader.holds()[:FIRST] if visitor.may(Action.READ_HOLDS) else (),
            alerts=reader.alerts("red", without_case=True, limit=FIRST)
            if visitor.may(Action.READ_ALERTS)
            else (),
            requests=[
                row(reader, visitor, one, site.port.now_ms())
                for one in reader.requests(
                    "open", limit=FIRST, machines=visitor.only_machines(Action.READ_REQUESTS)
                )
            ]
            if visitor.may(Action.READ_REQUESTS)
            else (),
            places={one.machine: one for one in reader.machines()},
            cases=_my_cases(reader, visitor),
            machines=_quiet(seen_machines(reader, visitor), site.port.now_ms())
            if visitor.may(Action.READ_MACHINES)
            else (),
            waiting=counts(reader, visitor),
            failing=[one for one in site.port.channels() if one.failing_since_ms is not None]
            if visitor.may(Action.READ_CHANNELS)
            else [],
        )


@router.get("/live/badges")
def badges(
    request: Request, visitor: Anybody, seen: Number | None = None, here: str = ""
) -> Response:
    """The badges as out-of-band pieces, and on the log a line when entries have come since.

    Args:
        seen: the number of entries that the page knew of; None: it shows none.
    """
    site = site_of(request)
    with site.port.reader() as reader:
        waiting = counts(reader, visitor)
        values = {
            "menu": menu(reader, visitor),
            "fresh": badge(max(0, waiting.entries - seen)) if seen is not None else "",
            "here": here,
        }
    return site.renderer.page("badges.html", visitor.language, values)


def _my_cases(reader: Reader, visitor: Visitor) -> list[object]:
    if not visitor.may(Action.HANDLE_CASES):
        return []
    mine = [case for case in reader.cases() if case.assigned_to == visitor.account.account]
    return list(mine[:FIRST])


def _quiet(machines: Iterable[MachineView], now_ms: int) -> list[MachineView]:
    return [
        machine
        for machine in machines
        if machine.gap is not None
        or (machine.received_ms is not None and now_ms - machine.received_ms > SILENT_MS)
    ]
