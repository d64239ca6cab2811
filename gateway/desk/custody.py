"""Custody at the desk: where seals are, and what waits for another person. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gateway.stores.custody import HatchView, SealStanding
from gateway.stores.views import MachineView, StoredEntry
from ledger.custody import NEVER_TOUCHED, Standing
from ledger.records_custody import SealState


class Row(Struct, frozen=True, kw_only=True):
    """One seal of the township: where it is, and whether it should be back by now."""

    machine: MachineView
    seal: str
    standing: Standing
    overdue: bool


def rows(
    machines: Sequence[MachineView], standings: Sequence[SealStanding], now_ms: int
) -> list[Row]:
    """Return every seal of these machines; what is out longest overdue first, then by village."""
    known = {(one.machine, one.seal): one.standing for one in standings}
    found = [
        Row(
            machine=machine,
            seal=seal,
            standing=standing,
            overdue=is_overdue(standing, now_ms),
        )
        for machine in machines
        for seal in machine.seals
        for standing in (known.get((machine.machine, seal), NEVER_TOUCHED),)
    ]
    return sorted(
        found, key=lambda row: (not row.overdue, not row.standing.trouble, row.machine.village)
    )


def is_overdue(standing: Standing, now_ms: int) -> bool:
    """Return whether a seal that was taken out should be back by now."""
    due_ms = standing.until_ms
    return standing.place == "out" and due_ms is not None and now_ms > due_ms


def waiting(hatches: Sequence[HatchView], now_ms: int) -> list[HatchView]:
    """Return the openings that another person may permit."""
    return [one for one in hatches if one.waits(now_ms)]


def unconfirmed(entries: Sequence[StoredEntry], standing: Standing) -> list[StoredEntry]:
    """Return what somebody asks about a seal and nobody has confirmed, of its newest entries."""
    bodies = [(one, one.body) for one in entries if isinstance(one.body, SealState)]
    answered = {body.asked for _, body in bodies if body.asked is not None}
    fits = {"found": standing.place == "lost", "void": standing.place != "void"}
    return [
        one
        for one, body in bodies
        if one.party == "gateway"
        and body.second is None
        and one.sha256 not in answered
        and fits.get(body.state, False)
    ]
