"""Pages: what every console page carries besides its own content."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse

from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.web.counts import badge, counts
from gateway.web.identity import Visitor, site_of

MENU: tuple[tuple[str, str, Action, str], ...] = (
    ("home", "/", Action.READ_HOME, ""),
    ("approvals", "/approvals", Action.READ_REQUESTS, "requests"),
    ("confirm", "/confirm", Action.CONFIRM, ""),
    ("filed", "/filed", Action.READ_FILED, ""),
    ("log", "/log", Action.READ_LOG, ""),
    ("ledger", "/ledger", Action.READ_LEDGER, ""),
    ("alerts", "/alerts", Action.READ_ALERTS, "alerts"),
    ("precision", "/precision", Action.READ_PRECISION, ""),
    ("holds", "/holds", Action.READ_HOLDS, "holds"),
    ("custody", "/custody", Action.READ_CUSTODY, ""),
    ("permits", "/permits", Action.READ_PERMITS, ""),
    ("standing", "/standing", Action.READ_STANDING, "standing"),
    ("emergency", "/emergency", Action.READ_EMERGENCY, ""),
    ("matters", "/matters", Action.READ_LISTS, "lists"),
    ("policy", "/policy", Action.READ_POLICY, "drafts"),
    ("calendar", "/calendar", Action.READ_CALENDAR, "calendars"),
    ("delegations", "/delegations", Action.DELEGATE, ""),
    ("machines", "/machines", Action.READ_MACHINES, ""),
    ("people", "/people", Action.READ_PEOPLE, ""),
    ("channels", "/channels", Action.READ_CHANNELS, ""),
    ("retention", "/retention", Action.READ_RETENTION, ""),
)


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
        "menu": menu(reader, visitor),
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
        for name, url, action, field in MENU
        if visitor.may(action)
    ]


def see_other(url: str) -> RedirectResponse:
    """Return the answer to a form that was carried out: look there."""
    return RedirectResponse(url, 303)
