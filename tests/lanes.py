"""Lanes: two for any file of tests, and one aside that fills the waits of the others.

Files that start simulated machines wait more than they compute, and want their processor at once
when they do. So the third process has the lowest priority, and takes only files that compute
alone, from the end of the queue. With another number of processes (`-n`) there are no such lanes.
"""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController, parse_tx_spec_config

LANES = 3
ASIDE = "gw2"  # what pytest-xdist calls the third process
LOWEST_PRIORITY = 19

# What is in these folders starts no machine and no broker, and turns its own clock: all that it
# needs is a processor, at whatever time.
COMPUTES_ALONE = ("device/loop/", "gateway/audit/", "gateway/desk/", "vision/")


def computes_alone(nodeid: str) -> bool:
    """Tell whether a test is one of a file that any process may run, however slowly."""
    return nodeid.removeprefix("tests/").startswith(COMPUTES_ALONE)


class Lanes(LoadFileScheduling):
    """Gives the process aside what computes alone, as long as there is any; it ends then."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        if not _is_aside(node) or self._is_alone():
            super()._assign_work_unit(node)
        elif self._is_left_for_aside():
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
            super()._assign_work_unit(node)
        else:
            node.shutdown()

    def _reschedule(self, node: WorkerController) -> None:
        if not _is_aside(node) or self._is_alone() or self._is_left_for_aside():
            super()._reschedule(node)
        else:
            node.shutdown()

    def _is_alone(self) -> bool:
        return len(self.nodes) == 1

    def _is_left_for_aside(self) -> bool:
        return bool(self.workqueue) and computes_alone(next(reversed(self.workqueue)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Lanes | None:
    """Share out the files in lanes, where there are three processes."""
    three = config.option.dist == "loadfile" and len(parse_tx_spec_config(config)) == LANES
    return Lanes(config, log) if three else None


def pytest_configure(config: pytest.Config) -> None:
    """Stand aside, if this is the process that does; so do the programs that it starts."""
    if getattr(config, "workerinput", {}).get("workerid") == ASIDE:
        os.nice(LOWEST_PRIORITY)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave for the end what the process aside begins with."""
    items.sort(key=lambda item: computes_alone(item.nodeid))


def _is_aside(node: WorkerController) -> bool:
    return bool(node.gateway.id == ASIDE)
