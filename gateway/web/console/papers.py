"""Papers to print: an entry's sheet and label, and the sheet on a village's door."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.web import paper
from gateway.web.console.entries import find
from gateway.web.identity import Allow, Visitor, site_of

router = APIRouter()
LogLooker = Annotated[Visitor, Depends(Allow(Action.READ_LOG))]
MachineLooker = Annotated[Visitor, Depends(Allow(Action.READ_MACHINES))]


@router.get("/log/{entry_id}/paper/{form}")
def of_entry(
    request: Request, visitor: LogLooker, entry_id: str, form: Literal["sheet", "label"]
) -> HTMLResponse:
    """The sheet or the label of one entry."""
    port = site_of(request).port
    with port.reader() as reader:
        entry = find(reader, entry_id, visitor).entry
        values = paper.of_entry(reader, port.config, port.keyring, entry, port.now_ms())
    return _page(request, visitor, form, values)


@router.get("/villages/{village}/door")
def of_village(request: Request, visitor: MachineLooker, village: str) -> HTMLResponse:
    """The sheet for the door of a village's office."""
    port = site_of(request).port
    if not visitor.sees_village(village, Action.READ_MACHINES):
        raise NotFoundError(f"expected a village, found none with the code {village[:12]}")
    values = paper.of_village(port.config, port.keyring, village)
    return _page(request, visitor, "door", values)


def _page(
    request: Request, visitor: Visitor, form: paper.Form, values: dict[str, Any]
) -> HTMLResponse:
    renderer = site_of(request).renderer
    values = {**values, "styles": Markup(""), "names": paper.STYLES[form]}
    return renderer.page(f"paper_{form}.html", visitor.language, values)
