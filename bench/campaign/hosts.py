"""What strikes the computers around the machine: disks, clocks, the link, the gateway.

As in `ordeals`, each leaves its village at rest with everything delivered, or raises.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from bench.campaign.disks import SmallDisk
from bench.campaign.killing import Strace, broker_pid, kill_at
from bench.campaign.site import ENDING_S, SETTLE_S, START_S, Site
from bench.campaign.town import Town
from sim.clock import write_offset_ms
from sim.meddler import Meddling
from sim.waiting import until

READ_ONLY = "pwrite64,fdatasync,fsync:error=EROFS"
DAYS_MS = 3 * 86_400_000
OUTAGE_S = 5.0
CHANCE = 0.3


def disk_full_before(site: Site, disk: SmallDisk) -> str:
    """The agent's disk is full when the clerk taps; return how that ended."""
    site.begin()
    disk.fill()
    site.clerk.tap()
    ended = site.finish(press=False)
    disk.free()
    site.rest()
    return ended


def disk_full_while_open(site: Site, disk: SmallDisk) -> int:
    """The disk fills while the lever is free, and it is pressed; return the presses."""
    before = site.machine.presses()
    site.begin()
    site.clerk.tap()
    until("the lever to be free", lambda: site.machine.state()["open"], ENDING_S, 0.01)
    disk.fill()
    site.machine.press_lever()
    until("the bolt to be out", lambda: site.machine.state()["bolt_out"], ENDING_S)
    disk.free()
    until("an outcome", lambda: not site.intent_open(), SETTLE_S)
    site.rest()
    return site.machine.presses() - before


def disk_read_only(site: Site, log: Path) -> str:
    """Every write of the agent fails while the clerk taps; return how that ended."""
    site.begin()
    assert site.agent.pid is not None
    strace = Strace(site.agent.pid, "pwrite64,fdatasync,fsync", log, READ_ONLY)
    try:
        site.clerk.tap()
        ended = site.finish(press=False)
    finally:
        strace.detach()
    site.rest()
    return ended


def clock_jumps(site: Site, *, back: bool) -> str:
    """The host's clock jumps, the agent is started anew with it, and one impression is made."""
    if back:
        site.machine.set_fault("clock_back")
    else:
        write_offset_ms(Path(site.addresses["clock"]), DAYS_MS)
    site.come_back()
    ended = site.impress()
    if back:
        site.machine.clear_fault("clock_back")
    else:
        write_offset_ms(Path(site.addresses["clock"]), 0)
    site.rest()
    return ended


def linkage_mode(site: Site) -> str:
    """The board starts in linkage mode and will not leave it at once (profile A alone)."""
    if site.profile != "A":
        return "a board without modes"
    site.machine.set_fault("linkage_mode_on", count=2)
    site.come_back()
    site.machine.clear_fault("linkage_mode_on")
    ended = site.impress()
    site.rest()
    return ended


def gateway_killed_at(town: Town, site: Site, call: str, n: int) -> bool:
    """SIGKILL of the gateway at the n-th call of a kind around one stamping; False if fewer."""
    assert town.gateway.pid is not None
    strace = kill_at(town.gateway.pid, call, n, town.folder / f"strace-gateway-{call}-{n}")
    try:
        site.impress()
        with contextlib.suppress(Exception):
            until("the gateway to be dead", lambda: not town.gateway.running, 5.0)
    finally:
        strace.detach()
    struck = not town.gateway.running
    if struck:
        town.start_gateway()
    site.rest()
    return struck


def broker_killed(town: Town, site: Site) -> str:
    """SIGKILL of the embedded broker in the middle of a stamping."""
    site.begin()
    site.clerk.tap()
    assert town.gateway.pid is not None
    os.kill(broker_pid(town.gateway.pid), signal.SIGKILL)
    ended = site.finish()
    site.rest()
    return ended


def messages_meddled(town: Town, site: Site, impressions: int) -> int:
    """Messages are lost, repeated and swapped in both directions; return how many were struck."""
    meddler = town.meddlers[site.profile]
    before = len(meddler.struck)
    for direction in ("up", "down"):
        for act in ("drop", "repeat", "swap"):
            meddler.order(Meddling(act, direction, "#", CHANCE))
    for _ in range(impressions):
        site.impress()
        site.clerk.steps_aside()
    meddler.clear()
    site.rest()
    return len(meddler.struck) - before


def acknowledgements_lost(town: Town, site: Site) -> int:
    """No acknowledgement comes through for a while; return how many were lost."""
    meddler = town.meddlers[site.profile]
    before = len(meddler.struck)
    meddler.order(Meddling("drop", "down", "seal/v1/+/+/ack"))
    site.impress()
    until("acknowledgements to be lost", lambda: len(meddler.struck) > before, SETTLE_S)
    meddler.clear()
    site.rest()
    return len(meddler.struck) - before


def link_cut(town: Town, site: Site) -> str:
    """The link is gone while an impression is made, and comes back after it."""
    meddler = town.meddlers[site.profile]
    site.begin()
    meddler.cut(refuse=True)
    site.clerk.tap()
    ended = site.finish()
    meddler.clear()
    site.rest()
    return ended


def gateway_disk_full(town: Town, site: Site, disk: SmallDisk) -> int:
    """The gateway's disk is full while entries come; return how many entries it took meanwhile."""
    before = site.gateway_view()["seq"]
    disk.fill()
    site.impress()
    deadline_s = time.monotonic() + OUTAGE_S
    until("the outage to last", lambda: time.monotonic() > deadline_s, START_S)
    taken = int(site.gateway_view()["seq"]) - int(before)
    town.check(site, settled=False)
    disk.free()
    site.rest()
    return taken
