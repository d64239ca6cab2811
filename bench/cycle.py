"""Cycle: how long a stamping takes, on both profiles, by the plant's clock and the agent's log.

Grant: from the clerk's tap (the form is sent) to the lever being free. Press: from the moment
the press is back at its top, where the agent may sense it, to the use being durable.
"""

from __future__ import annotations

import datetime
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.campaign.site import Site
from bench.campaign.town import Town
from bench.figures import Machine, percentile, this_machine
from sim.judge import evidence
from sim.judge.evidence import Event

STEPS = {
    "intent journaled": ("page-checked", "intent-durable"),
    "grant exchanged": ("intent-durable", "grant-accepted"),
    "outcome settled": ("pressed", "proved-one"),
    "photo taken and judged": ("proved-one", "photos-accepted"),
    "use journaled": ("photos-accepted", "entry-signed"),
}


class Spread(Struct, frozen=True, kw_only=True):
    """Milliseconds."""

    least: float
    p50: float
    p95: float
    most: float


class Profile(Struct, frozen=True, kw_only=True):
    """One controller's figures; `steps` are what they are made of, by the agent's own log."""

    stamps: int
    tap_to_lever_free: Spread
    press_to_durable: Spread
    steps: dict[str, Spread]


class Cycle(Struct, frozen=True, kw_only=True):
    """What was measured."""

    machine: Machine
    profiles: dict[str, Profile]


def measure(stamps: int) -> Cycle:
    """Stamp so often on each of two machines, one after the other."""
    with tempfile.TemporaryDirectory(prefix="seal-cycle-") as folder:
        town = Town(Path(folder), 1, "AB")
        try:
            town.start()
            profiles = {site.profile: _profile(site, stamps) for site in town.sites.values()}
            for site in town.sites.values():
                site.rest()
                town.check(site)
        finally:
            town.stop()
    return Cycle(machine=this_machine(), profiles=profiles)


def _profile(site: Site, stamps: int) -> Profile:
    site.sign_in()
    site.file()
    grants_ms, presses_ms = [], []
    for _ in range(stamps):
        site.begin()
        tapped_ms = time.time() * 1000
        site.clerk.tap()
        ended = site.finish()
        assert ended in ("next", "done"), f"expected an impression, found {ended}"
        site.clerk.steps_aside()
        trace = [one for one in evidence.read_trace(site.trace) if one.at_ms >= tapped_ms]
        grants_ms.append(_first(trace, "free") - tapped_ms)
        presses_ms.append(_durable_ms(site) - _last(trace, "lever"))
    return Profile(
        stamps=stamps,
        tap_to_lever_free=_spread(grants_ms),
        press_to_durable=_spread(presses_ms),
        steps=_steps(site),
    )


def _steps(site: Site) -> dict[str, Spread]:
    """Return how long the agent was between moves of its cycle that follow each other."""
    moves = [
        (_at_ms(said), str(said["event_name"]))
        for line in site.agent.log.read_bytes().splitlines()
        if line.startswith(b"{") and (said := msgspec.json.decode(line))["event"] == "cycle_moved"
    ]
    spent_ms: dict[str, list[float]] = {name: [] for name in STEPS}
    for (begin_ms, before), (end_ms, after) in pairwise(moves):
        for name, pair in STEPS.items():
            if (before, after) == pair:
                spent_ms[name].append(end_ms - begin_ms)
    return {name: _spread(figures_ms) for name, figures_ms in spent_ms.items() if figures_ms}


def _at_ms(line: dict[str, str]) -> float:
    return 1000 * datetime.datetime.fromisoformat(line["timestamp"]).timestamp()


def _first(trace: list[Event], kind: str) -> int:
    return next(one.at_ms for one in trace if one.kind == kind and one.facts["is"])


def _last(trace: list[Event], kind: str) -> int:
    return next(one.at_ms for one in reversed(trace) if one.kind == kind and one.facts["is"])


def _durable_ms(site: Site) -> float:
    """Return when the agent logged that its newest use is durable, UTC milliseconds."""
    for line in reversed(site.agent.log.read_bytes().splitlines()):
        if b"entry-signed" in line or b"last-signed" in line:
            return _at_ms(msgspec.json.decode(line))
    raise AssertionError(f"expected a use in {site.agent.log}, found none")


def _spread(figures_ms: list[float]) -> Spread:
    ordered = sorted(figures_ms)
    return Spread(
        least=ordered[0],
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        most=ordered[-1],
    )
