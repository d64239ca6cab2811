"""The ordeals of a stamping: what strikes, when, and what must have become of it.

Each leaves its village at rest with everything delivered, so that the judge can look at it; it
asserts only what the judge cannot know: that the fault struck, and what was expected of this one.
"""

from __future__ import annotations

from pathlib import Path

from bench.campaign.killing import Strace, kill_at
from bench.campaign.site import ENDING_S, Site
from bench.hand import pressing
from sim.browser import PageError
from sim.judge import bus, evidence
from sim.waiting import until

FREE_S = 20.0
OUT_S = 20.0  # by our own clock; by the plant's the judge knows better


def killed_with_the_lock_open(site: Site, *, pressed: bool) -> None:
    """SIGKILL of the agent while the lever is free; with `pressed`, the press happens after it."""
    site.begin()
    site.clerk.tap()
    until("the lever to be free", lambda: site.machine.state()["open"], FREE_S, 0.01)
    site.kill_agent()
    if pressed:
        site.machine.press_lever()
    until("the bolt to be out", lambda: site.machine.state()["bolt_out"], OUT_S, 0.02)
    site.come_back()
    site.rest()


def killed_at(site: Site, call: str, n: int) -> bool:
    """SIGKILL at the n-th call of a kind around one stamping; False if there were fewer."""
    site.begin()
    assert site.agent.pid is not None
    strace = kill_at(site.agent.pid, call, n, site.folder / f"strace-{call}-{n}")
    try:
        with pressing(site.machine):
            struck = _tapped_until_dead(site)
    finally:
        strace.detach()
    if struck:
        site.come_back()
    site.rest()
    return struck


def answer_spoilt(site: Site, fault: str) -> int:
    """The answer to the grant is spoilt once; return how many grants the bus then saw."""
    before = len(bus.grants(evidence.read_trace(site.trace)))
    site.machine.set_fault(fault, count=1, on="moves")
    site.impress()
    site.rest()
    return len(bus.grants(evidence.read_trace(site.trace))) - before


def watched(site: Site, calls: str, log: Path) -> Strace:
    """One whole impression under strace; return what it saw."""
    site.begin()
    assert site.agent.pid is not None
    strace = Strace(site.agent.pid, calls, log)
    try:
        site.clerk.tap()
        site.finish()
    finally:
        strace.detach()
    site.rest()
    return strace


def _tapped_until_dead(site: Site) -> bool:
    """Tap and wait for the impression's end; True if the agent died on the way."""

    def over() -> bool:
        if not site.agent.running:
            return True
        try:
            return bool(site.clerk.ended())
        except PageError:
            return False

    try:
        site.clerk.tap()
    except PageError:
        until("the agent to be dead", lambda: not site.agent.running, OUT_S)
    until("the end of the impression", over, ENDING_S)
    return not site.agent.running
