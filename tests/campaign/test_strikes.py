"""Physical faults during a stamp: what the catalogue says the machine must do is what it did."""

from __future__ import annotations

import random

import pytest

from bench.campaign import hosts, strikes
from bench.campaign.site import Site
from bench.campaign.town import Town

pytestmark = pytest.mark.slow

SEED = 20_260
SAMPLE = 4  # of all, in turn on each profile; the full campaign takes every one on both
NAMED = strikes.named()
CHOSEN = sorted(random.Random(SEED).sample(sorted(NAMED), SAMPLE))
SHARED = tuple(("AB"[place % 2], name) for place, name in enumerate(CHOSEN))


@pytest.mark.parametrize(("town", "name"), SHARED, indirect=["town"])
def test_the_machine_does_what_the_catalogue_says(town: Town, site: Site, name: str) -> None:
    one = NAMED[name]

    struck = strikes.strike(site, one)

    assert not one.ends or struck.ended in one.ends, struck
    assert one.when not in ("before", "idle") or struck.grants == 0, struck
    town.check(site)


@pytest.mark.parametrize("town", ["A"], indirect=True)
def test_device_time_never_goes_back_when_the_clock_does(town: Town, site: Site) -> None:
    ended = hosts.clock_jumps(site, back=True)

    assert ended in ("next", "done", "held")
    town.check(site)
