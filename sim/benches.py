"""The seals of one machine: a plant and a controller each, one tray under all of them.

Benches are numbered from 1; the controller of bench n answers at the machine's unit + n - 1 on
the shared line. Faults strike the first bench, but for a power cut, which strikes all. Not
thread-safe: the machine's lock guards them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, structs

from hardware import frames
from sim.build import MachineOptions, build_controller
from sim.controller.parts import SimController
from sim.faults import FaultSet
from sim.plant import Plant, Sheet

POWER_CUT = "power_cut"


class Bench(Struct):
    """One seal: what moves, and what drives it."""

    number: int
    unit: int
    plant: Plant
    controller: SimController
    faults: FaultSet
    powered: bool = True


class Benches:
    """All benches of a machine, and the sheet that lies on their tray.

    Args:
        faults: of the first bench.
        key_file: the controllers' key; made if it is not there.
        start_ms: what the plants' clocks show at first.
    """

    def __init__(
        self, options: MachineOptions, faults: FaultSet, key_file: Path, start_ms: int
    ) -> None:
        self._all = [
            self._build(options, number, faults if number == 1 else FaultSet(), key_file, start_ms)
            for number in range(1, options.seals + 1)
        ]
        self._sheet: Sheet | None = None

    def __iter__(self) -> Iterator[Bench]:
        return iter(self._all)

    @property
    def first(self) -> Bench:
        """The bench that faults strike."""
        return self._all[0]

    def numbered(self, number: int) -> Bench | None:
        """Return a bench by its number, None if there is none."""
        return self._all[number - 1] if 1 <= number <= len(self._all) else None

    def addressed(self, frame: bytes) -> Bench:
        """Return the bench that a request is for; the first one where none answers to it."""
        unit = frames.decode(frame)[0]
        return next((one for one in self._all if one.unit == unit), self.first)

    def step(self) -> None:
        """Pass one millisecond everywhere; a mark that one press leaves is on the one sheet."""
        for one in self._all:
            one.controller.poll()
            one.plant.advance(1)
            if one.plant.sheet is not self._sheet:
                self._sheet = one.plant.sheet
                for other in self._all:
                    other.plant.sheet = self._sheet

    def follow_faults(self) -> None:
        """Cut the power of all where the first has none, and give it back with it."""
        cut = self.first.faults.on(POWER_CUT)
        for one in self._all[1:]:
            if cut and not one.faults.on(POWER_CUT):
                one.faults.set(POWER_CUT, one.plant.now_ms)
            elif not cut:
                one.faults.clear(POWER_CUT)

    @staticmethod
    def _build(
        options: MachineOptions, number: int, faults: FaultSet, key_file: Path, start_ms: int
    ) -> Bench:
        own = options
        if number > 1:
            state = None if options.state is None else options.state / f"seal-{number}"
            own = structs.replace(
                options,
                unit=options.unit + number - 1,
                seed=options.seed + 1000 * number,
                state=state,
            )
        plant = Plant(seed=own.seed, faults=faults, mechanics=options.mechanics, start_ms=start_ms)
        controller = build_controller(own, plant, faults, key_file)
        return Bench(
            number=number, unit=own.unit, plant=plant, controller=controller, faults=faults
        )
