"""Troubles: messages that came and could not be taken; their bytes lie in quarantine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page

PAGE_SIZE = 50

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_ALERTS))]
Handler = Annotated[Visitor, Depends(Allow(Action.HANDLE_CASES))]


@router.get("/troubles")
def troubles(request: Request, visitor: Looker, before: Number | None = None) -> Response:
    """What was not taken, newest first, and how many messages were not even kept."""
    with site_of(request).port.reader() as reader:
        found = reader.troubles(before=before, limit=PAGE_SIZE + 1)
        return page(
            request,
            reader,
            visitor,
            "troubles.html",
            "alerts",
            troubles=found[:PAGE_SIZE],
            older=found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else None,
            dropped=reader.dropped(),
            machines=reader.machines(),
        )


@router.get("/troubles/{number}/bytes")
def kept_bytes(request: Request, visitor: Handler, number: Number) -> Response:
    """The bytes as they came, for somebody who investigates; never shown as a page."""
    with site_of(request).port.reader() as reader:
        data = reader.trouble_bytes(number)
    if data is None:
        raise NotFoundError(f"expected kept bytes, found none numbered {number}")
    return Response(
        data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="trouble-{number}.bin"'},
    )
