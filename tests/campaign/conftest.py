"""Townships of real processes, one at a time; each test finds its village at rest.

A township takes long to start, so the tests of a file are sorted: those of one township come
together. It ends with its file: one at rest still takes a tenth of a computer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.campaign.disks import can_mount
from bench.campaign.site import Site
from bench.campaign.town import Town
from sim.faults import CATALOGUE

SEED = 20_260
HERE = Path(__file__).parent
SMALL = "small disks"  # a machine of profile B; its agent and the gateway have disks of their own


class OneTown:
    """The township that runs now; asked for another, it ends this one first."""

    def __init__(self, new_folder: Callable[[str], Path]) -> None:
        self._new_folder = new_folder
        self._kind = ""
        self._town: Town | None = None

    def get(self, kind: str) -> Town:
        """Return the running township of a kind: `A` or `B` by its machine's profile, or SMALL."""
        if self._town is None or kind != self._kind:
            self.stop()
            small = kind == SMALL
            profile = "B" if small else kind
            town = Town(self._new_folder("town"), SEED, profile, small_disks=small)
            self._kind, self._town = kind, town
            try:
                _open(town)
            except BaseException:
                self.stop()
                raise
        return self._town

    def stop(self) -> None:
        """End it, if one runs."""
        if self._town is not None:
            town, self._town = self._town, None
            town.stop()


def _open(town: Town) -> None:
    town.start()
    for site in town.sites.values():
        site.sign_in()
        site.file()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of one township follow each other within their file."""
    places = [place for place, item in enumerate(items) if HERE in item.path.parents]
    ours = sorted((items[place] for place in places), key=_place_of)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _place_of(item: pytest.Item) -> tuple[Path, str]:
    callspec = getattr(item, "callspec", None)
    kind = str(callspec.params.get("town", SMALL)) if callspec is not None else SMALL
    return item.path, kind


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneTown]:
    """Starts townships as they are asked for."""
    one = OneTown(tmp_path_factory.mktemp)
    yield one
    one.stop()


@pytest.fixture(params=["A", "B"])
def town(request: pytest.FixtureRequest, running: OneTown) -> Town:
    """A gateway and one village with a machine of profile A or B."""
    return running.get(request.param)


@pytest.fixture
def town_on_small_disks(running: OneTown) -> Town:
    """A township whose agent and gateway each have a small disk of their own."""
    if not can_mount():
        pytest.skip("needs root, to mount small disks")
    return running.get(SMALL)


@pytest.fixture
def site(town: Town) -> Site:
    """The town's one village, at rest whatever the test before left behind."""
    return _at_rest(town)


@pytest.fixture
def site_on_small_disk(town_on_small_disks: Town) -> Site:
    """The village of the township on small disks."""
    return _at_rest(town_on_small_disks)


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
