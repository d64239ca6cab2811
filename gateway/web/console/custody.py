"""Custody: where every seal is, what is out, and who may have which hatch opened."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal, WithdrawHatch
from gateway.desk import custody as desk
from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.orders_custody import LONGEST_DAYS, LONGEST_REASON
from gateway.stores.views import LogFilter
from gateway.web.console.registrations import looks
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from ledger.custody import fits
from ledger.records_custody import CUSTODY_KINDS, Purpose
from ledger.records_seals import SEAL_KINDS

LEDGER = 200  # entries of one seal on its page

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_CUSTODY))]
Asker = Annotated[Visitor, Depends(AllowChange(Action.ASK_CUSTODY))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_CUSTODY))]
Stopper = Annotated[Visitor, Depends(AllowChange(Action.STOP_SEAL))]
Text = Annotated[str, Form(max_length=LONGEST_REASON)]
PURPOSES: tuple[Purpose, ...] = (
    *("service", "takeout", "return", "handover", "sample", "seal-out", "seal-in"),
)


@router.get("/custody")
def overview(request: Request, visitor: Looker) -> Response:
    """Every seal, those that are out or in trouble first, and what waits for another person."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        machines = [
            one for one in reader.machines() if visitor.sees(one.machine, Action.READ_CUSTODY)
        ]
        names = {one.machine for one in machines}
        hatches = [one for one in reader.hatches() if one.machine in names]
        return page(
            request,
            reader,
            visitor,
            "custody.html",
            "custody",
            registered={
                (one.machine, seal.seal): seal
                for one in machines
                for seal in reader.registered_seals(one.machine)
            },
            rows=desk.rows(machines, reader.seal_standings(), now_ms),
            waiting=desk.waiting(hatches, now_ms),
            permitted=[one for one in hatches if one.in_force(now_ms)],
            machines={one.machine: one for one in machines},
            mine=mine(reader, visitor),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.get("/custody/{machine}/{seal}")
def ledger(request: Request, visitor: Looker, machine: str, seal: str) -> Response:
    """One seal: where it is, everything that was done with it, and what may be asked."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        known = reader.machine(machine)
        seen = visitor.sees(machine, Action.READ_CUSTODY)
        if known is None or seal not in known.seals or not seen:
            raise NotFoundError(f"expected a seal, found none named {seal[:40]}")
        standing = reader.seal_standing(machine, seal)
        kinds = (*CUSTODY_KINDS, *SEAL_KINDS)
        which = LogFilter(machine=machine, kinds=kinds, seal=seal)
        entries = reader.entries(which, limit=LEDGER)
        hatches = [one for one in reader.hatches() if (one.machine, one.seal) == (machine, seal)]
        openings = {one.sha256: reader.opening(one.sha256) for one in entries}
        return page(
            request,
            reader,
            visitor,
            "custody_seal.html",
            "custody",
            machine=known,
            seal=seal,
            standing=standing,
            overdue=desk.is_overdue(standing, now_ms),
            entries=entries,
            values={
                key: one.values for key, one in openings.items() if one is not None and one.values
            },
            waiting=desk.waiting(hatches, now_ms),
            permitted=[one for one in hatches if one.in_force(now_ms)],
            unconfirmed=desk.unconfirmed(entries, standing),
            purposes=[one for one in PURPOSES if fits(standing, one)],
            days=LONGEST_DAYS,
            looks=looks(reader, visitor, machine, seal, now_ms),
            mine=mine(reader, visitor),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.post("/custody/{machine}/{seal}/ask")
def ask(
    request: Request,
    visitor: Asker,
    machine: str,
    seal: str,
    purpose: Annotated[Purpose, Form()],
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)],
    reason: Text = "",
) -> Response:
    """Ask that the hatch may be opened once."""
    command = AskHatch(
        by=visitor.account.account,
        machine=machine,
        seal=seal,
        purpose=purpose,
        days=days,
        reason=reason,
    )
    site_of(request).order(command)
    return see_other(f"/custody/{machine}/{seal}?done=hatch-asked")


@router.post("/custody/hatches/{permit}/permit")
def permit(request: Request, visitor: Releaser, permit: str) -> Response:
    """Permit what another person asks for."""
    site_of(request).order(PermitHatch(by=visitor.account.account, permit=permit))
    return see_other("/custody?done=hatch-permitted")


@router.post("/custody/hatches/{permit}/withdraw")
def withdraw(request: Request, visitor: Asker, permit: str) -> Response:
    """Take a permit or its asking back."""
    site_of(request).order(WithdrawHatch(by=visitor.account.account, permit=permit))
    return see_other("/custody?done=hatch-withdrawn")


@router.post("/custody/{machine}/{seal}/state")
def state(
    request: Request,
    visitor: Stopper,
    machine: str,
    seal: str,
    state: Annotated[Literal["lost", "found", "void"], Form()],
    reason: Text = "",
) -> Response:
    """Stop a lost seal at once, or ask that it counts as found or void."""
    command = StateSeal(
        by=visitor.account.account, machine=machine, seal=seal, state=state, reason=reason
    )
    site_of(request).order(command)
    done = "seal-stopped" if state == "lost" else "seal-asked"
    return see_other(f"/custody/{machine}/{seal}?done={done}")


@router.post("/custody/states/{asked}/confirm")
def confirm(request: Request, visitor: Releaser, asked: str) -> Response:
    """Confirm what another person asks about a seal."""
    site_of(request).order(ConfirmSeal(by=visitor.account.account, asked=asked))
    return see_other("/custody?done=seal-confirmed")
