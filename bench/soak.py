"""Soak: the fault campaign, one ordeal after another for as long as asked, each one judged.

Everything follows from the seed: which machine, which ordeal, which moment. The first pass goes
through every ordeal once, so that a short soak is a broad one. After each ordeal the machine's days
are counted, too, on a stretched clock (bench/campaign/daily.py).
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from bench.campaign import daily, hosts, ordeals, strikes
from bench.campaign.disks import can_mount
from bench.campaign.killing import available
from bench.campaign.site import ERRAND, Site
from bench.campaign.strikes import Strike
from bench.campaign.town import BrokenError, Town
from bench.figures import Machine, this_machine
from sim.errors import SimError
from sim.township_files import SEAL

Ordeal = Callable[[Town, Site, random.Random], object]
SPOILT = ("no_reply", "late_reply", "bad_crc", "half_frame", "wrong_unit", "request_lost")
# How many of these calls a stamping makes, roughly; a number beyond strikes nothing.
STEPS = {"fdatasync": 8, "pwrite64": 40, "fsync": 4, "write": 120}
MOST_OF_ONE = 5  # impressions that an ordeal may cost its permit, made or not disproved
GATEWAY_STEPS = {"fdatasync": 12, "pwrite64": 80}


class Soak(Struct, frozen=True, kw_only=True):
    """What was done.

    Args:
        days: of the daily count when it ended; `agreeing` of them, the others lack something.
        planted: strokes planted for the count; each was found.
        breaches: the judge's lines and the count's, empty for a campaign that held.
    """

    machine: Machine
    seed: int
    minutes: float
    ordeals: dict[str, int]
    kills: int
    looked_at: int
    days: int
    agreeing: int
    planted: int
    breaches: tuple[str, ...]
    folder: str


class Campaign:
    """A township that is tormented, and what became of it so far."""

    def __init__(self, town: Town, seed: int, say: Callable[[str], None]) -> None:
        self._town, self._seed, self._say = town, seed, say
        self._begin_s = time.monotonic()
        self.done: Counter[str] = Counter()
        self._spent: Counter[str] = Counter()
        self.looked_at = self.planted = 0
        self.counted: dict[str, daily.Told] = {}
        self._places = random.Random(seed)  # of its own: the faults of a seed stay what they are
        self.breaches: tuple[str, ...] = ()

    @property
    def taken_s(self) -> float:
        """How long it has lasted since the town stood ready."""
        return time.monotonic() - self._begin_s

    def run(self, minutes: float) -> None:
        """Torment until the time is over or an invariant is broken; the town ends with it."""
        try:
            _open(self._town)
            self._begin_s = time.monotonic()
            for name, site, ordeal, chance in _plan(self._town, self._seed):
                if self.taken_s > 60 * minutes:
                    break
                self._torment(name, site, ordeal, chance)
        except (BrokenError, SimError, AssertionError, OSError, RuntimeError) as error:
            self.breaches = (str(error),)
            self._say(f"seed {self._seed}, traces in {self._town.folder}: {error}")
        finally:
            self._town.stop()

    def _torment(self, name: str, site: Site, ordeal: Ordeal, chance: random.Random) -> None:
        self._renew(site)
        outcome = ordeal(self._town, site, chance)
        self.looked_at += sum(verdict.looked_at for verdict in self._town.check(site))
        self._count(site)
        self.done[f"{name} {site.profile}"] += 1
        self._say(f"{self.taken_s:7.1f} s  {name} {site.profile}: {outcome}")

    def _count(self, site: Site) -> None:
        """Reckon the machine's days.

        Raises:
            BrokenError: the count accuses an honest machine, or misses a planted stroke.
        """
        state = self._town.plan.gateway_folder / "state"
        told = daily.look(state, site.village.machine, SEAL, self._places)
        self.counted[site.profile] = told
        self.planted += told.planted
        missed = ("daily count: expected a planted stroke found, found none",)
        lines = (*told.differences, *(missed if told.found < told.planted else ()))
        if lines:
            raise BrokenError("\n".join(lines))

    def _renew(self, site: Site) -> None:
        """File anew before the permit is used up, whatever each ordeal has cost of it."""
        self._spent[site.profile] += MOST_OF_ONE
        if self._spent[site.profile] > ERRAND.copies:
            site.file()
            self._spent[site.profile] = MOST_OF_ONE


def run(minutes: float, seed: int, folder: Path | None, say: Callable[[str], None]) -> Soak:
    """Torment two machines and a gateway until the time is over or an invariant is broken.

    Args:
        folder: for traces and logs, kept; None for a temporary one, kept after a breach.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="seal-soak-"))
    place.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(Town(place, seed, "AB", small_disks=can_mount()), seed, say)
    campaign.run(minutes)
    if folder is None and not campaign.breaches:
        shutil.rmtree(place, ignore_errors=True)
    return Soak(
        machine=this_machine(),
        seed=seed,
        minutes=round(campaign.taken_s / 60, 1),
        ordeals=dict(sorted(campaign.done.items())),
        kills=sum(count for name, count in campaign.done.items() if "kill" in name),
        looked_at=campaign.looked_at,
        days=sum(one.days for one in campaign.counted.values()),
        agreeing=sum(one.agreeing for one in campaign.counted.values()),
        planted=campaign.planted,
        breaches=campaign.breaches,
        folder=str(place),
    )


def catalogue(*, disks: bool, strace: bool) -> dict[str, Ordeal]:
    """Return every ordeal by name, as far as this computer and user allow it."""
    found: dict[str, Ordeal] = {
        "kill-open": lambda t, s, r: ordeals.killed_with_the_lock_open(s, pressed=False),
        "kill-open-pressed": lambda t, s, r: ordeals.killed_with_the_lock_open(s, pressed=True),
        "link-cut": lambda t, s, r: hosts.link_cut(t, s),
        "acknowledgements-lost": lambda t, s, r: hosts.acknowledgements_lost(t, s),
        "messages-meddled": lambda t, s, r: hosts.messages_meddled(t, s, 2),
        "broker-kill": lambda t, s, r: hosts.broker_killed(t, s),
        "linkage-mode": lambda t, s, r: hosts.linkage_mode(s),
        "clock-back": lambda t, s, r: hosts.clock_jumps(s, back=True),
        "clock-forward": lambda t, s, r: hosts.clock_jumps(s, back=False),
    }
    for fault in SPOILT:
        found[f"spoilt-{fault}"] = _spoil(fault)
    for name, one in strikes.named().items():
        found[f"strike-{name}"] = _strike(one)
    if strace:
        for call in STEPS:
            found[f"kill-at-{call}"] = _kill_at(call)
        for call in GATEWAY_STEPS:
            found[f"kill-gateway-at-{call}"] = _kill_gateway_at(call)
        found["disk-read-only"] = lambda t, s, r: hosts.disk_read_only(s, t.folder / "read-only")
    if disks:
        found["disk-full"] = lambda t, s, r: hosts.disk_full_before(s, t.disks[s.profile])
        found["disk-full-open"] = lambda t, s, r: hosts.disk_full_while_open(s, t.disks[s.profile])
        found["disk-full-gateway"] = lambda t, s, r: hosts.gateway_disk_full(
            t, s, t.disks["gateway"]
        )
    return found


def _plan(town: Town, seed: int) -> Iterator[tuple[str, Site, Ordeal, random.Random]]:
    chance = random.Random(seed)
    every = catalogue(disks=bool(town.disks), strace=available())
    sites = list(town.sites.values())
    while True:
        pairs = [(name, site) for name in every for site in sites]
        chance.shuffle(pairs)
        for name, site in pairs:
            yield name, site, every[name], chance


def _open(town: Town) -> None:
    town.start()
    for site in town.sites.values():
        site.sign_in()
        site.file()


def _spoil(fault: str) -> Ordeal:
    return lambda town, site, chance: ordeals.answer_spoilt(site, fault)


def _strike(one: Strike) -> Ordeal:
    return lambda town, site, chance: strikes.strike(site, one)


def _kill_at(call: str) -> Ordeal:
    def kill(town: Town, site: Site, chance: random.Random) -> object:
        n = chance.randint(1, STEPS[call])
        return n if ordeals.killed_at(site, call, n) else f"{n}: not reached"

    return kill


def _kill_gateway_at(call: str) -> Ordeal:
    def kill(town: Town, site: Site, chance: random.Random) -> object:
        n = chance.randint(1, GATEWAY_STEPS[call])
        return n if hosts.gateway_killed_at(town, site, call, n) else f"{n}: not reached"

    return kill
