"""Filed: one's own requests: what the policy asks, who is next, and taking one back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.commands import Withdraw
from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.web.answers import answer
from gateway.web.console.approvals import steps
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other

MOST = 50

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_FILED))]
Filer = Annotated[Visitor, Depends(AllowChange(Action.WITHDRAW))]


@router.get("/filed")
def show(request: Request, visitor: Looker) -> Response:
    """The requests of this person, newest first."""
    site = site_of(request)
    with site.port.reader() as reader:
        rows = []
        for one in reader.filed_by(tuple(mine(reader, visitor)), MOST):
            about = answer(reader, one.machine, one.matter, one.list_version, one.at_ms)
            words = _words(reader, one.request) if one.reason == "returned" else ""
            rows.append((one, about, steps(reader, one, site.port.now_ms()), words))
        machines = reader.machines()
        return page(request, reader, visitor, "filed.html", "filed", rows=rows, machines=machines)


def _words(reader: Reader, request: str) -> str:
    """Return what the person who returned a request wrote."""
    detail = reader.detail(request)
    for one in () if detail is None else detail.related:
        opening = reader.opening(one.sha256) if one.role == "refusal" else None
        if opening is not None and opening.values is not None:
            return str(opening.values.get("text", ""))
    return ""


@router.post("/filed/{request_id}/withdrawal")
def withdraw(request: Request, visitor: Filer, request_id: str) -> Response:
    """Take back one's own request."""
    site_of(request).order(Withdraw(by=visitor.account.account, request=request_id))
    return see_other("/filed?done=withdrawn")
