"""Builders: whole simulated machines in this process, their traces, and a township of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sim.build import MachineOptions
from sim.cast import Cast
from sim.checklist import CheckList
from sim.machine import SimMachine
from sim.township import Township
from sim.township_plan import make_plan

BuildMachine = Callable[..., SimMachine]
ReadTrace = Callable[[SimMachine], list[dict[str, Any]]]


@pytest.fixture
def build_machine(tmp_path: Path) -> Iterator[BuildMachine]:
    """Return a function that starts a machine; what it starts is stopped."""
    started: list[SimMachine] = []

    def build(**options: Any) -> SimMachine:
        given = {"profile": "A", "seed": 1, "trace": tmp_path / "trace.jsonl", **options}
        machine = SimMachine(MachineOptions(**given), tmp_path)
        machine.start()
        started.append(machine)
        return machine

    yield build
    for machine in started:
        machine.stop()


@pytest.fixture
def read_trace() -> ReadTrace:
    """Return a function that reads what a machine has traced so far."""

    def read(machine: SimMachine) -> list[dict[str, Any]]:
        path = machine.options.trace
        assert path is not None
        machine.state()  # brings the plant up to now
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]

    return read


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A running township with a village of profile A and one of B, and everybody in it."""
    plan = make_plan(tmp_path_factory.mktemp("township"), 2, friendly=False)
    town = Township(plan, lambda _step: None)
    try:
        town.start()
        cast = Cast(town, CheckList(lambda _line: None))
        cast.sign_in()
        yield cast
    finally:
        town.stop()
