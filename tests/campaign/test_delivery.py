"""The way to the gateway: broker, messages, the gateway's death and full disks on both sides."""

from __future__ import annotations

import random

import pytest

from bench.campaign import hosts
from bench.campaign.killing import available
from bench.campaign.site import Site
from bench.campaign.town import Town

pytestmark = pytest.mark.slow

SEED = 20_260
STEP = random.Random(SEED).randint(1, 3)  # the full campaign goes through every call
OFF_LIST = "代开发票"


@pytest.fixture
def town(town_on_small_disks: Town) -> Town:
    """The township of this module, on small disks."""
    return town_on_small_disks


@pytest.fixture
def site(site_on_small_disk: Site) -> Site:
    """Its village, at rest."""
    return site_on_small_disk


@pytest.mark.skipif(not available(), reason="needs strace")
def test_what_was_acknowledged_stands_when_the_gateway_dies_at_a_step(
    town: Town, site: Site
) -> None:
    struck = hosts.gateway_killed_at(town, site, "fdatasync", STEP)

    assert struck, f"expected {STEP} calls of fdatasync while a stamping is taken, found fewer"
    town.check(site)


def test_a_broker_that_dies_in_the_middle_loses_nothing(town: Town, site: Site) -> None:
    assert hosts.broker_killed(town, site) in ("next", "done")

    town.check(site)


def test_lost_repeated_and_swapped_messages_leave_the_log_as_it_is(town: Town, site: Site) -> None:
    assert hosts.messages_meddled(town, site, impressions=1) > 0

    town.check(site)


def test_lost_acknowledgements_only_make_the_agent_send_again(town: Town, site: Site) -> None:
    assert hosts.acknowledgements_lost(town, site) > 0

    town.check(site)


def test_a_refusal_that_the_clerk_is_shown_is_a_signed_entry(town: Town, site: Site) -> None:
    assert site.be_refused(OFF_LIST) == "refused"

    site.deliver()
    verdicts = {verdict.invariant: verdict for verdict in town.check(site)}
    assert verdicts["I12"].looked_at > 0


def test_no_lever_is_freed_while_the_disk_is_full(town: Town, site: Site) -> None:
    before = site.machine.presses()

    assert hosts.disk_full_before(site, town.disks["B"]) == "stopped"

    assert site.machine.presses() == before
    town.check(site)


def test_a_press_on_a_full_disk_is_written_once_there_is_room(town: Town, site: Site) -> None:
    assert hosts.disk_full_while_open(site, town.disks["B"]) == 1

    town.check(site)


@pytest.mark.skipif(not available(), reason="needs strace")
def test_no_lever_is_freed_while_the_disk_is_read_only(town: Town, site: Site) -> None:
    assert hosts.disk_read_only(site, town.folder / "strace-read-only") == "stopped"

    town.check(site)


def test_nothing_is_acknowledged_while_the_gateways_disk_is_full(town: Town, site: Site) -> None:
    assert hosts.gateway_disk_full(town, site, town.disks["gateway"]) == 0

    town.check(site)
