"""Machines: when each was last heard, how far it is synchronised, what it complains of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.audit.days import last_days, reckoned
from gateway.audit.reckoning import Day
from gateway.commands_keys import IssueCode, RevokeKey
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.views import LogFilter, MachineView
from gateway.web.held import held
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other

LATEST = 10  # entries on a machine's page
DAYS = 14  # that a machine's page reckons

router = APIRouter()
REVOKED = ("machine-lost", "key-copied", "taken-down")
Enroller = Annotated[Visitor, Depends(AllowChange(Action.ENROL))]
Revoker = Annotated[Visitor, Depends(AllowChange(Action.REVOKE_KEY))]
Looker = Annotated[Visitor, Depends(Allow(Action.READ_MACHINES))]


def seen_machines(reader: Reader, visitor: Visitor) -> tuple[MachineView, ...]:
    """Return the machines that this visitor may look at, by id."""
    return tuple(
        one for one in reader.machines() if visitor.sees(one.machine, Action.READ_MACHINES)
    )


@router.get("/machines")
def machines(request: Request, visitor: Looker) -> Response:
    """All machines by village."""
    with site_of(request).port.reader() as reader:
        found = seen_machines(reader, visitor)
        return page(
            request,
            reader,
            visitor,
            "machines.html",
            "machines",
            machines=found,
            held=held(reader, found, site_of(request).port.now_ms()),
        )


@router.get("/machines/{machine_id}")
def show(request: Request, visitor: Looker, machine_id: str) -> Response:
    """One machine with its holds, pending photos and latest entries."""
    with site_of(request).port.reader() as reader:
        machine = reader.machine(machine_id)
        if machine is None or not visitor.sees(machine_id, Action.READ_MACHINES):
            raise NotFoundError(f"expected a machine, found none named {machine_id[:64]}")
        return page(
            request,
            reader,
            visitor,
            "machine.html",
            "machines",
            machine=machine,
            held=held(reader, (machine,), site_of(request).port.now_ms())[0],
            people={one.account: one.name for one in reader.accounts()},
            registered={one.seal: one for one in reader.registered_seals(machine_id)},
            pending=reader.pending_photos(machine_id)[:LATEST],
            latest=reader.entries(LogFilter(machine=machine_id), limit=LATEST)
            if visitor.may(Action.READ_LOG) and visitor.sees(machine_id, Action.READ_LOG)
            else (),
            reasons=REVOKED,
            reckoned=_reckoned(reader, machine, site_of(request).port.now_ms())
            if visitor.may(Action.READ_LOG) and visitor.sees(machine_id, Action.READ_LOG)
            else (),
            reckoned_days=DAYS,
        )


def _reckoned(reader: Reader, machine: MachineView, now_ms: int) -> tuple[Day, ...]:
    """Return the last days on which something was stamped or does not agree, the newest first."""
    days, moment = last_days(now_ms, DAYS), (now_ms, machine.at_ms or 0)
    found = (
        one
        for seal in machine.seals
        for one in reckoned(reader, machine.machine, seal, days, moment)
        if one.strokes or one.entries or one.differences
    )
    return tuple(sorted(found, key=lambda one: (one.day, one.seal), reverse=True))


@router.post("/machines/{machine_id}/code")
def issue_code(request: Request, visitor: Enroller, machine_id: str) -> Response:
    """Write down who issues a one-time code; then make it and show it, this once."""
    site, by = site_of(request), visitor.account.account
    hours = site.port.config.door.code_hours
    site.order(IssueCode(by=by, machine=machine_id, hours=hours))
    code = site.port.issue_code(machine_id, by)
    with site.port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "code.html",
            "machines",
            machine=reader.machine(machine_id),
            code=code,
            hours=hours,
        )


@router.post("/machines/{machine_id}/revoke")
def revoke(
    request: Request,
    visitor: Revoker,
    machine_id: str,
    reason: Annotated[str, Form()],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Shut a machine's key out; the box says that it was no slip of the finger."""
    if reason not in REVOKED or not sure:
        raise RequestRefusedError("not-sure", "expected a reason and the box marked, found none")
    order = RevokeKey(by=visitor.account.account, machine=machine_id, last_seq=None, reason=reason)
    site_of(request).order(order)
    return see_other(f"/machines/{machine_id}?done=key-revoked")
