"""Townships of real processes, started once for all tests; each test finds its village at rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.campaign.disks import can_mount
from bench.campaign.site import Site
from bench.campaign.town import Town
from sim.faults import CATALOGUE

SEED = 20_260


@pytest.fixture(scope="package", params=["A", "B"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A gateway and one village with a machine of profile A or B."""
    yield from _started(Town(tmp_path_factory.mktemp("town"), SEED, request.param))


@pytest.fixture(scope="package")
def town_on_small_disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A township whose agent and gateway each have a small disk of their own."""
    if not can_mount():
        pytest.skip("needs root, to mount small disks")
    yield from _started(Town(tmp_path_factory.mktemp("town"), SEED, "B", small_disks=True))


@pytest.fixture
def site(town: Town) -> Site:
    """The town's one village, at rest whatever the test before left behind."""
    return _at_rest(town)


@pytest.fixture
def site_on_small_disk(town_on_small_disks: Town) -> Site:
    """The village of the township on small disks."""
    return _at_rest(town_on_small_disks)


def _started(town: Town) -> Iterator[Town]:
    try:
        town.start()
        for site in town.sites.values():
            site.sign_in()
            site.file()
        yield town
    finally:
        town.stop()


def _at_rest(town: Town) -> Site:
    (site,) = town.sites.values()
    for fault in CATALOGUE:
        site.machine.clear_fault(fault.name)
    for disk in town.disks.values():
        disk.free()
    for meddler in town.meddlers.values():
        meddler.clear()
    if not town.gateway.running:
        town.start_gateway()
    if not site.agent.running:
        site.come_back()
    site.rest()
    return site
