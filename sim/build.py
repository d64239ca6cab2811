"""From a machine's options to its controller: which board, which memory, which key."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Literal

from msgspec import Struct

from sim.controller.dialects import BOARDS, Dialect
from sim.controller.mcu import KEY_BYTES, FirmwareController, PlantBoard
from sim.controller.parts import Memory, SimController
from sim.controller.relay import RelayBoard
from sim.errors import BoardError
from sim.faults import FaultSet
from sim.mechanics import Mechanics
from sim.plant import Plant

_KEY_TEXT = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\n?")


class MachineOptions(Struct, frozen=True, kw_only=True):
    """What one machine is.

    Args:
        photo: what lies on the tray at first (see sim.paper); None for a rendered page.
        board: the relay board of profile A.
        trace: where events are appended as JSON lines.
        state: folder of the memory that survives the process; None for memory that does not.
        machine_key: file of profile B's key, 64 hexadecimal digits; made if it is not there.
        seals: how many seals the machine has, each with its controller on the one line.
        baud: what the line's timing follows; 0 for a line without delays.
    """

    profile: Literal["A", "B"]
    seed: int
    photo: str | None = None
    board: str = "waveshare-d"
    mechanics: Mechanics = Mechanics.HAND
    trace: Path | None = None
    state: Path | None = None
    machine_key: Path | None = None
    unit: int = 1
    seals: int = 1
    baud: int = 9600


def build_controller(
    options: MachineOptions, plant: Plant, faults: FaultSet, key_file: Path
) -> SimController:
    """Return the controller, without power yet.

    Args:
        key_file: where profile B's key is, or is made.

    Raises:
        BoardError: no such board, or a key file that holds something else.
    """
    memory = Memory(options.state)
    if options.profile == "A":
        return RelayBoard(plant, faults, memory, _dialect(options), options.unit)
    board = PlantBoard(plant, memory, options.seed, machine_key(key_file))
    return FirmwareController(board, options.unit, motor=options.mechanics is Mechanics.MOTOR)


def board_name(options: MachineOptions) -> str:
    """What the controller is, in one word."""
    return options.board if options.profile == "A" else "mcu"


def has_modes(options: MachineOptions) -> bool:
    """Whether the board has control modes, in which inputs switch relays."""
    return options.profile == "A" and _dialect(options).modes


def machine_key(path: Path) -> bytes:
    """Return the key in `path`, 64 hexadecimal digits; make it, readable by its owner alone."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(KEY_BYTES)}\n")
    text = path.read_text(encoding="ascii", errors="replace")
    if not _KEY_TEXT.fullmatch(text):
        raise BoardError(f"{2 * KEY_BYTES} hexadecimal digits in {path}", "something else")
    return bytes.fromhex(text)


def _dialect(options: MachineOptions) -> Dialect:
    dialect = BOARDS.get(options.board)
    if dialect is None:
        raise BoardError(f"one of {', '.join(BOARDS)}", repr(options.board))
    return dialect
