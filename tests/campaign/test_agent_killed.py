"""SIGKILL of the agent around a stamping: at its journal's steps, and with the lock open."""

from __future__ import annotations

import random

import pytest

from bench.campaign import ordeals
from bench.campaign.killing import available
from bench.campaign.ordering import LOOKED_AT, unsynced_grants
from bench.campaign.site import Site
from bench.campaign.town import Town

pytestmark = pytest.mark.slow

SEED = 20_260
# The full campaign goes through every step and every spoilt answer; here chance takes one of each
# kind. Before the first fdatasync the intent is written and not synced: no grant may have gone out.
_CHANCE = random.Random(SEED)
STEPS = (
    ("A", "fdatasync", 1),
    ("A", "write", _CHANCE.randint(1, 60)),
    ("B", "fsync", _CHANCE.randint(1, 4)),
)
SPOILT = (("A", "no_reply"), ("B", "bad_crc"))
needs_strace = pytest.mark.skipif(not available(), reason="needs strace")


def test_the_bolt_goes_out_in_time_when_the_agent_dies_with_the_lock_open(
    town: Town, site: Site
) -> None:
    ordeals.killed_with_the_lock_open(site, pressed=site.profile == "B")

    judged = {verdict.invariant for verdict in town.check(site) if verdict.looked_at}
    assert {"I4", "I7", "I10", "I11"} <= judged


@needs_strace
@pytest.mark.parametrize(("town", "call", "n"), STEPS, indirect=["town"])
def test_nothing_is_lost_or_made_twice_when_the_agent_dies_at_a_step(
    town: Town, site: Site, call: str, n: int
) -> None:
    struck = ordeals.killed_at(site, call, n)

    assert struck, f"expected {n} calls of {call} in a stamping, found fewer"
    town.check(site)


@needs_strace
@pytest.mark.parametrize("town", ["A"], indirect=True)  # the order on the disk is the agent's own
def test_intent_and_photo_are_on_the_disk_before_the_grant_leaves(town: Town, site: Site) -> None:
    strace = ordeals.watched(site, LOOKED_AT, site.folder / "strace-ordering")

    grants, problems = unsynced_grants(strace.calls())

    assert (grants, problems) == (1, [])
    town.check(site)


@pytest.mark.parametrize(("town", "fault"), SPOILT, indirect=["town"])
def test_a_spoilt_answer_to_the_grant_gives_one_grant_and_one_impression(
    town: Town, site: Site, fault: str
) -> None:
    before = site.machine.presses()

    grants = ordeals.answer_spoilt(site, fault)

    assert grants == 1
    assert site.machine.presses() - before == 1
    town.check(site)
