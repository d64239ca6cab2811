"""Channels: how the messages to approvers do; one that is down stops nothing, but staff see it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.pages import page

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_CHANNELS))]


@router.get("/channels")
def show(request: Request, visitor: Looker) -> Response:
    """Each channel with its last message, and since when it takes none."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = site.port.channels()
        return page(request, reader, visitor, "channels.html", "channels", channels=found)
