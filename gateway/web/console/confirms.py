"""Releasing single impressions: the live photo, what was approved, and one of two answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands import ConfirmImpression
from gateway.desk.access import Action
from gateway.desk.confirms import may_answer
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.confirms import AskView
from gateway.web.answers import MatterNames
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.CONFIRM))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.CONFIRM))]


@router.get("/confirm")
def show(request: Request, visitor: Looker) -> Response:
    """What waits for this very person, the newest; the page looks again by itself."""
    with site_of(request).port.reader() as reader:
        values = _values(request, reader, visitor)
        return page(request, reader, visitor, "confirm.html", "confirm", **values)


@router.post("/confirm/{ask}")
def answer(
    request: Request,
    visitor: Releaser,
    ask: str,
    decision: Annotated[Literal["release", "refuse"], Form()],
) -> Response:
    """Release the one impression, or refuse it; the photo must have been shown here."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = reader.impression_ask(ask)
    if found is None or not visitor.sees(found.entry.machine, Action.CONFIRM):
        raise NotFoundError(f"expected an impression that is asked for, found none: {ask[:64]}")
    shown = site.sessions.has_opened(visitor.session.key, found.body.before.sealed_sha256)
    if decision == "release" and not shown:
        raise RequestRefusedError("page-not-opened", "expected the live photo to be looked at")
    command = ConfirmImpression(by=visitor.account.account, ask=ask, decision=decision)
    site.order(command)
    return see_other(f"/confirm?done=confirm-{'released' if decision == 'release' else 'refused'}")


def _values(request: Request, reader: Reader, visitor: Visitor) -> dict[str, Any]:
    now_ms = site_of(request).port.now_ms()
    waiting = [one for one in reader.impression_asks() if one.waits(now_ms)]
    mine = [one for one in waiting if _is_mine(reader, visitor, one)]
    if not mine:
        return {"ask": None}
    ask = mine[0]
    photos = reader.photos(ask.entry.sha256)
    asked, permit = reader.request(ask.body.request), reader.permit(ask.body.permit)
    names = MatterNames(reader, now_ms)
    return {
        "ask": ask,
        "photo": photos[0] if photos else None,
        "asked": asked,
        "of": permit.impressions if permit else ask.body.n,
        "matter": names.of(ask.entry.machine, asked.matter) if asked else "",
        "machine": reader.machine(ask.entry.machine),
        "seconds": max(0, (ask.body.until_ms - now_ms) // 1000),
    }


def _is_mine(reader: Reader, visitor: Visitor, one: AskView) -> bool:
    if not visitor.sees(one.entry.machine, Action.CONFIRM):
        return False
    try:
        may_answer(reader, one, visitor.account)
    except RequestRefusedError:
        return False
    return True
