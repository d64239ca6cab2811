"""Board profiles: what a relay board is called, wired to and must be checked for at start.

One TOML file per board in `boards/`; a path with a slash names a file of the technician's own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hardware.controller.dialects import CHANNELS, DIALECTS, Dialect
from hardware.errors import DriverError
from hardware.interfaces import Inputs

BOARDS: Final = Path(__file__).parent / "boards"


class ZeroRegisters(Struct, frozen=True, forbid_unknown_fields=True):
    """Holding registers that are written 0 and read back at every start."""

    address: int
    count: int
    why: str


class OutputMap(Struct, frozen=True, forbid_unknown_fields=True):
    """The board's channel (from 0) of each output."""

    lock: int
    press: int
    light: int
    buzzer: int
    led_ok: int
    led_alarm: int
    press_return: int
    hatch: int


class InputMap(Struct, frozen=True, forbid_unknown_fields=True):
    """The board's input (from 0) of each switch; those in `inverted` read 0 when good."""

    door_closed: int
    bolt_out: int
    seal_present: int
    press_top: int
    press_bottom: int
    paper: int
    tamper_ok: int
    mains_ok: int
    inverted: tuple[str, ...] = ()


class BoardProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that differs from board to board."""

    title: str
    dialect: str
    has_inputs: bool
    answers_unknown_functions: bool
    pulse_step_ms: int
    pulse_max_ms: int
    outputs: OutputMap
    inputs: InputMap
    zero_registers: tuple[ZeroRegisters, ...] = ()

    @property
    def words(self) -> Dialect:
        """The dialect by its name."""
        return DIALECTS[self.dialect]

    @property
    def channels(self) -> tuple[int, ...]:
        """All mapped outputs, what moves first."""
        out = self.outputs
        moving = (out.lock, out.press, out.press_return, out.hatch)
        return (*moving, out.light, out.buzzer, out.led_ok, out.led_alarm)

    def inputs_from(self, bits: tuple[int, ...]) -> Inputs:
        """Return the switches from the board's bits."""
        found = {
            name: bool(bits[getattr(self.inputs, name)]) != (name in self.inputs.inverted)
            for name in Inputs.__struct_fields__
        }
        return Inputs(**found)


def load_board(name: str) -> BoardProfile:
    """Return the profile `name` of this package, or of a file when `name` is a path.

    Raises:
        DriverError: no such board, or its file has a mistake.
    """
    path = Path(name) if "/" in name else BOARDS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in BOARDS.glob("*.toml")))
        raise DriverError(f"expected a board of {known} or a path to a file, found {name!r}")
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        profile = msgspec.convert(document, BoardProfile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DriverError(f"expected a board profile in {path}, found: {error}") from error
    _check(profile, path)
    return profile


def _check(profile: BoardProfile, path: Path) -> None:
    inputs = [getattr(profile.inputs, name) for name in Inputs.__struct_fields__]
    for what, channels in (("outputs", profile.channels), ("inputs", inputs)):
        if sorted(channels) != list(range(CHANNELS)):
            raise DriverError(f"expected {what} 0..7 once each in {path}, found {channels}")
    if profile.dialect not in DIALECTS:
        raise DriverError(
            f"expected a dialect of {', '.join(DIALECTS)} in {path}, found {profile.dialect!r}"
        )
    if unknown := set(profile.inputs.inverted) - set(Inputs.__struct_fields__):
        raise DriverError(f"expected names of inputs in {path}, found {sorted(unknown)}")
