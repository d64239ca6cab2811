"""What strikes a machine during a stamp, and what the catalogue says it must do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from bench.campaign.site import Site
from sim.judge import bus, evidence
from sim.waiting import until

FREE_S = 20.0
NOTICE_S = 30.0
AGAIN = 2

When = Literal["before", "pull", "open", "idle"]


class Strike(Struct, frozen=True, kw_only=True):
    """One fault of the catalogue at one moment.

    Args:
        when: `before` the tap, so that no grant may follow; at the `pull` or press of the grant;
            while the lever is `open`; on an `idle` machine.
        ends: how the impression may end; empty where any end is right and the judge decides.
    """

    fault: str
    when: When
    ends: tuple[str, ...]
    count: int | None = None
    seconds: float | None = None
    press: bool = True
    profiles: str = "AB"


class Struck(Struct, frozen=True, kw_only=True):
    """What a strike led to, before anybody released the machine."""

    ended: str
    grants: int
    presses: int


STRIKES: tuple[Strike, ...] = (
    Strike(fault="lock_jam", when="pull", ends=("stopped", "held"), count=1, press=False),
    Strike(fault="press_stall", when="pull", ends=("stopped", "held"), count=1),
    Strike(fault="double_strike", when="pull", ends=("held",), count=1),
    Strike(fault="dry_press", when="pull", ends=("held",), count=1),
    Strike(fault="stuck_relay", when="pull", ends=("held",)),
    Strike(fault="seal_missing", when="before", ends=("stopped",)),
    Strike(fault="paper_missing", when="before", ends=("stopped",)),
    Strike(fault="door_forced", when="before", ends=("stopped",)),
    Strike(fault="camera_gone", when="before", ends=("stopped",)),
    Strike(fault="camera_frozen", when="before", ends=("stopped",)),
    Strike(fault="camera_black", when="before", ends=("stopped",)),
    Strike(fault="door_forced", when="open", ends=("stopped", "held"), press=False),
    Strike(fault="tamper_cut", when="open", ends=("held",), press=False),
    Strike(fault="camera_gone", when="open", ends=("held", "stopped")),
    Strike(fault="power_cut", when="open", ends=(), seconds=2.0, press=False),
    Strike(fault="tamper_cut", when="idle", ends=("held",)),
)


def strike(site: Site, one: Strike) -> Struck:
    """Let a fault strike, wait for the end, end the fault, and leave the village at rest.

    Raises:
        OverdueError: the impression never ended, or the machine did not come back (I15).
    """
    grants, presses = _grants(site), site.machine.presses()
    ended = ""
    if one.when == "idle":
        _set(site, one)
    else:
        ended = _impression(site, one)
        for _ in range(AGAIN):
            if one.when == "pull" and _grants(site) == grants:  # stopped before it could strike
                site.machine.clear_fault(one.fault)
                site.rest()
                ended = _impression(site, one)
    if one.ends == ("held",):  # an impression may end first, and what stands then hold it
        until("the machine to be held", site.clerk.held, NOTICE_S)
        ended = "held"
    found = Struck(
        ended=ended, grants=_grants(site) - grants, presses=site.machine.presses() - presses
    )
    if one.seconds is None and one.count is None:
        site.machine.clear_fault(one.fault)
    site.rest()
    return found


def named(strikes: Iterable[Strike] = STRIKES) -> dict[str, Strike]:
    """Return strikes by the name under which a person reads of them."""
    return {f"{one.fault}-{one.when}": one for one in strikes}


def _impression(site: Site, one: Strike) -> str:
    site.begin()
    if one.when in ("before", "pull"):
        _set(site, one)
        site.clerk.tap()
        return site.finish(press=one.press)
    site.clerk.tap()
    until("the lever to be free", lambda: site.machine.state()["open"], FREE_S, 0.01)
    _set(site, one)
    if one.press:
        site.machine.press_lever()
    return site.finish(press=False)


def _set(site: Site, one: Strike) -> None:
    site.machine.set_fault(one.fault, count=one.count, seconds=one.seconds)


def _grants(site: Site) -> int:
    return len(bus.grants(evidence.read_trace(site.trace)))
