"""Builders: a real agent on a simulated machine, and a small model of the gateway.

The agent's parts are the real ones: serial frames over a pseudo-terminal, OpenCV on the
simulated camera, SQLite on the disk. Only broker and gateway are models, in memory. The machine
is a process that the tests of one file share; between them it is brought back to its beginning.
A test for one kind of machine says so: `@pytest.mark.parametrize("machine", ["B"], indirect=True)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.device.village import SimMachine, Village


class Shared(Village):
    """A village on a shared machine; `presses` are those since it came to this test."""

    def __init__(self, folder: Path, machine: SimMachine, **config: Any) -> None:
        machine.make_ready()
        self.machine = machine.client
        self._presses = self.machine.presses()
        super().__init__(folder, machine.profile, machine.addresses, **config)

    def presses(self) -> int:
        """Return how often the press has met the tray in this test: the truth."""
        return self.machine.presses() - self._presses


@pytest.fixture(scope="module", params=["A", "B"])
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimMachine]:
    """A machine with a relay board (A) or a microcontroller (B), for all tests of a file."""
    made = SimMachine(tmp_path_factory.mktemp("machine"), request.param)
    yield made
    made.stop()


@pytest.fixture
def village(tmp_path: Path, machine: SimMachine) -> Iterator[Village]:
    """A village with both kinds of machine, one after the other."""
    made = Shared(tmp_path, machine)
    yield made
    made.stop_agent()
