"""Machines: when each was last heard, how far it is synchronised, what it complains of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.stores.views import LogFilter
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.pages import page

LATEST = 10  # entries on a machine's page

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_MACHINES))]


@router.get("/machines")
def machines(request: Request, visitor: Looker) -> Response:
    """All machines by village."""
    with site_of(request).port.reader() as reader:
        return page(
            request, reader, visitor, "machines.html", "machines", machines=reader.machines()
        )


@router.get("/machines/{machine_id}")
def show(request: Request, visitor: Looker, machine_id: str) -> Response:
    """One machine with its holds, pending photos and latest entries."""
    with site_of(request).port.reader() as reader:
        machine = reader.machine(machine_id)
        if machine is None:
            raise NotFoundError(f"expected a machine, found none named {machine_id[:64]}")
        return page(
            request,
            reader,
            visitor,
            "machine.html",
            "machines",
            machine=machine,
            people={one.account: one.name for one in reader.accounts()},
            pending=reader.pending_photos(machine_id)[:LATEST],
            latest=reader.entries(LogFilter(machine=machine_id), limit=LATEST)
            if visitor.may(Action.READ_LOG)
            else (),
        )
