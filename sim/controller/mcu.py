"""Profile B: the very firmware of the machine, on a board that is wired to the plant.

`hardware/firmware/controller.py` runs unchanged. A power cut throws its object away and a
reset builds a new one, so that nothing survives but the two slots of non-volatile memory.
"""

from __future__ import annotations

import hashlib
import os

from hardware import frames
from hardware.errors import FrameError
from hardware.firmware import registers
from hardware.firmware.controller import Firmware
from sim.controller.parts import Memory
from sim.plant import Plant

RESET_BY_POWER = 1
KEY_BYTES = 32
_WRAP = 1 << 32


class PlantBoard:
    """The pins, clock and memory that the firmware sees.

    Args:
        seed: decides the unique id alone; nonces are truly random, or a grant of yesterday
            would be good for a machine started with the same seed today.
        key: 32 bytes, shared with the agent.
    """

    def __init__(self, plant: Plant, memory: Memory, seed: int, key: bytes) -> None:
        self._plant = plant
        self._memory = memory
        self._key = key
        self._id = hashlib.sha256(f"sim machine {seed}".encode()).digest()[:8]
        self._reset_ms = plant.now_ms

    def reset(self) -> None:
        """Power comes back: the outputs are off and the clock starts at 0."""
        self._reset_ms = self._plant.now_ms
        self._plant.drive(0)

    def millis(self) -> int:
        """Milliseconds since power on, modulo 2**32."""
        return (self._plant.now_ms - self._reset_ms) % _WRAP

    def read_inputs(self) -> int:
        """Bit n is discrete input n."""
        return self._plant.inputs()

    def write_outputs(self, mask: int) -> None:
        """Bit n is coil n."""
        self._plant.drive(mask)

    def supply_mv(self) -> int:
        """The supply, which sinks when the mains is gone."""
        return self._plant.supply_mv

    def temperature_x10(self) -> int:
        """Tenths of a degree Celsius."""
        return self._plant.temperature_x10

    def press_current_ma(self) -> int:
        """What the press motor draws."""
        return self._plant.press_current_ma

    def load(self, slot: int) -> bytes:
        """Bytes of a slot, empty when never written."""
        return self._memory.load(f"slot-{slot}")

    def store(self, slot: int, data: bytes) -> None:
        """Durable on return."""
        self._memory.store(f"slot-{slot}", data)

    def random(self, count: int) -> bytes:
        """Bytes that nobody can foretell."""
        return os.urandom(count)

    def unique_id(self) -> bytes:
        """8 bytes."""
        return self._id

    def machine_key(self) -> bytes:
        """32 bytes."""
        return self._key

    def reset_cause(self) -> int:
        """Always the power: nothing else resets a simulated board."""
        return RESET_BY_POWER


class FirmwareController:
    """Runs the firmware while there is power."""

    def __init__(self, board: PlantBoard, unit: int = 1, *, motor: bool = False) -> None:
        self._board = board
        self._unit = unit
        self._motor = motor
        self._firmware: Firmware | None = None

    def power_on(self) -> None:
        """Reset: a new firmware object starts."""
        self._board.reset()
        self._firmware = Firmware(self._board, self._unit, self._motor)

    def power_off(self) -> None:
        """Everything in volatile memory is gone and the outputs fall."""
        self._firmware = None
        self._board.write_outputs(0)

    def poll(self) -> None:
        """One turn of the firmware's loop."""
        if self._firmware is not None:
            self._firmware.poll()

    def receive(self, frame: bytes) -> bytes:
        """Hand the frame to the firmware."""
        return self._firmware.receive(frame) if self._firmware is not None else b""

    def moves(self, frame: bytes) -> bool:
        """True for a command that opens the lock or starts the press."""
        _, pdu = frames.decode(frame)
        try:
            request = frames.parse_request(pdu)
        except FrameError:
            return False
        place = registers.COMMAND + 1 - request.address
        if request.function != frames.WRITE_REGISTERS or not 0 <= place < request.count:
            return False
        return request.values[place] in (registers.UNLOCK, registers.STROKE_NOW)
