"""Pages: what every console page carries besides its own content."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from msgspec import Struct
from starlette.responses import HTMLResponse, RedirectResponse

from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.web.counts import badge, counts
from gateway.web.identity import Visitor, site_of

Part = tuple[str, str, Action, str]
GROUPS: tuple[tuple[str, tuple[Part, ...]], ...] = (
    (
        "today",
        (
            ("home", "/", Action.READ_HOME, ""),
            ("approvals", "/approvals", Action.READ_REQUESTS, "requests"),
            ("confirm", "/confirm", Action.CONFIRM, ""),
            ("filed", "/filed", Action.READ_FILED, ""),
            ("delegations", "/delegations", Action.DELEGATE, ""),
        ),
    ),
    (
        "uses",
        (
            ("log", "/log", Action.READ_LOG, ""),
            ("ledger", "/ledger", Action.READ_LEDGER, ""),
            ("alerts", "/alerts", Action.READ_ALERTS, "alerts"),
            ("precision", "/precision", Action.READ_PRECISION, ""),
            ("holds", "/holds", Action.READ_HOLDS, "holds"),
        ),
    ),
    (
        "seals",
        (
            ("custody", "/custody", Action.READ_CUSTODY, ""),
            ("permits", "/permits", Action.READ_PERMITS, ""),
            ("standing", "/standing", Action.READ_STANDING, "standing"),
            ("emergency", "/emergency", Action.READ_EMERGENCY, ""),
        ),
    ),
    (
        "rules",
        (
            ("matters", "/matters", Action.READ_LISTS, "lists"),
            ("policy", "/policy", Action.READ_POLICY, "drafts"),
            ("calendar", "/calendar", Action.READ_CALENDAR, "calendars"),
        ),
    ),
    (
        "township",
        (
            ("machines", "/machines", Action.READ_MACHINES, ""),
            ("people", "/people", Action.READ_PEOPLE, ""),
            ("channels", "/channels", Action.READ_CHANNELS, ""),
            ("retention", "/retention", Action.READ_RETENTION, ""),
        ),
    ),
)
FEW = 9  # so many parts stand in sight at 1366 x 768 without groups


class Group(Struct, frozen=True, kw_only=True):
    """Parts of the menu under one heading, which opens and closes them; "" without one."""

    name: str
    parts: tuple[dict[str, str], ...]
    open: bool
    beside: bool = False  # open where there is room, though today's work is open


def page(
    request: Request,
    reader: Reader,
    visitor: Visitor,
    template: str,
    here: str,
    /,
    *,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Return a console page.

    Args:
        here: the menu's part that this page belongs to.
        values: what the template itself names.
    """
    site = site_of(request)
    shared = {
        **frame(request),
        "visitor": visitor,
        "csrf": visitor.session.csrf,
        "groups": groups(menu(reader, visitor), here),
        "here": here,
        "may": {action.value: visitor.may(action) for action in Action},
        "paged": "before" in request.query_params,
        "done": request.query_params.get("done", ""),
        "now_ms": site.port.now_ms(),
    }
    return site.renderer.page(template, visitor.language, {**shared, **values}, status)


def frame(request: Request) -> dict[str, Any]:
    """Return what the frame around every page shows, signed in or not."""
    site = site_of(request)
    query = f"?{request.url.query}" if request.url.query else ""
    return {
        "simulated": site.simulated,
        "township": site.port.config.township_name,
        "path": request.url.path + query if request.method == "GET" else "/",
    }


def menu(reader: Reader, visitor: Visitor) -> list[dict[str, str]]:
    """Return the parts of the menu that this visitor may open, with their badges."""
    waiting = counts(reader, visitor)
    return [
        {"name": name, "url": url, "badge": badge(getattr(waiting, field)) if field else ""}
        for _, parts in GROUPS
        for name, url, action, field in parts
        if visitor.may(action)
    ]


def groups(parts: list[dict[str, str]], here: str) -> tuple[Group, ...]:
    """Return a visitor's menu by groups; open are today's work and the one with this page.

    From today's work the uses are open beside it: both fit on a desk.
    """
    if len(parts) <= FEW:
        return (Group(name="", parts=tuple(parts), open=True),)
    today = {one[0] for one in GROUPS[0][1]}
    beside = ("today", "uses") if here in today else ("today",)
    found = []
    for name, members in GROUPS:
        names = {one[0] for one in members}
        mine = tuple(part for part in parts if part["name"] in names)
        if mine:
            opened = name in beside or here in names
            aside = opened and name != "today" and here not in names
            found.append(Group(name=name, parts=mine, open=opened, beside=aside))
    return tuple(found)


def see_other(url: str) -> RedirectResponse:
    """Return the answer to a form that was carried out: look there."""
    return RedirectResponse(url, 303)
