"""Profile A: a relay board with pulses timed by the board itself, on the plant's clock.

Unlike a driver of ours, a board obeys everything: plain ON, broadcast, and a control mode in
which an input wire opens the lock. Its modes and its unit number survive a power cut.
"""

from __future__ import annotations

from typing import Final

from hardware import frames
from hardware.errors import FrameError
from sim.controller.dialects import RELAYS, Dialect, Refusal, Switch, span
from sim.controller.parts import MOVING, Memory
from sim.faults import FaultSet
from sim.plant import Input, Output, Plant

NORMAL, LINKAGE, TOGGLE, EDGE = range(4)
_MODES: Final = 0x1000
_UART: Final = 0x2000
_UNIT: Final = 0x4000
_VERSION: Final = 0x8000
_WAVESHARE_VERSION: Final = 200  # V2.00
_UART_9600_8N1: Final = 0x0001
_SETTINGS = "settings"  # one byte per relay mode, then the unit number


class RelayBoard:
    """One board of a given dialect, and the input module beside it where it has no inputs."""

    def __init__(
        self,
        plant: Plant,
        faults: FaultSet,
        memory: Memory,
        dialect: Dialect,
        unit: int = 1,
    ) -> None:
        self._plant = plant
        self._faults = faults
        self._memory = memory
        self._dialect = dialect
        settings = memory.load(_SETTINGS)
        self._modes = list(settings[:RELAYS]) or [NORMAL] * RELAYS
        self._unit = settings[RELAYS] if settings else unit
        self._mask = 0
        self._ends: dict[int, tuple[int, bool]] = {}  # relay: (when the pulse ends, then on)
        self._inputs = plant.inputs()

    def power_on(self) -> None:
        """Relays fall at reset; no pulse survives it."""
        self._ends.clear()
        self._inputs = self._plant.inputs()
        self._set(0)

    def power_off(self) -> None:
        """All relays fall."""
        self.power_on()

    def poll(self) -> None:
        """End the pulses whose time is over; follow the inputs where a mode says so."""
        now_ms = self._plant.now_ms
        for number in [n for n, (end_ms, _) in self._ends.items() if now_ms >= end_ms]:
            self._put(Switch(number, self._ends[number][1]))
        if self._dialect.modes:
            self._follow_inputs()

    def receive(self, frame: bytes) -> bytes:
        """Execute a frame for this board; broadcasts are obeyed and not answered."""
        unit, pdu = frames.decode(frame)
        if self._dialect.input_unit_step and unit == self._unit + self._dialect.input_unit_step:
            return frames.encode(unit, self._answer(pdu, inputs_only=True))
        if unit not in (self._unit, frames.BROADCAST):
            return b""
        reply = self._answer(pdu, inputs_only=False)
        return b"" if unit == frames.BROADCAST else frames.encode(unit, reply)

    def moves(self, frame: bytes) -> bool:
        """True if the frame would switch a moving relay on; it is not executed."""
        unit, pdu = frames.decode(frame)
        if unit not in (self._unit, frames.BROADCAST):
            return False
        try:
            switches = self._dialect.switches(frames.parse_request(pdu)) or []
        except (FrameError, Refusal):
            return False
        return any(MOVING >> switch.number & 1 and switch.on is not False for switch in switches)

    def _answer(self, pdu: bytes, *, inputs_only: bool) -> bytes:
        try:
            request = frames.parse_request(pdu)
        except FrameError:
            return frames.exception_reply(pdu[0], frames.ILLEGAL_FUNCTION)
        try:
            if inputs_only:
                return self._read_inputs(request)
            switches = self._dialect.switches(request)
            if switches is None:
                return self._answer_other(request, pdu)
        except Refusal as refusal:
            return frames.exception_reply(request.function, refusal.code)
        for switch in switches:
            self._put(switch)
        return frames.write_reply(pdu)

    def _answer_other(self, request: frames.Request, pdu: bytes) -> bytes:
        if request.function == frames.READ_COILS and not self._dialect.coil_registers:
            numbers = span(request, 0, RELAYS)
            return frames.bits_reply(request.function, [self._mask >> n & 1 for n in numbers])
        if request.function == frames.READ_HOLDING and self._dialect.coil_registers:
            numbers = span(request, 1, RELAYS)
            return frames.words_reply(request.function, [self._mask >> n & 1 for n in numbers])
        if request.function == frames.READ_INPUTS and not self._dialect.input_unit_step:
            return self._read_inputs(request)
        if self._dialect.modes and request.function == frames.READ_HOLDING:
            return frames.words_reply(request.function, self._read_settings(request))
        if self._dialect.modes and request.values:
            self._write_settings(request)
            return frames.write_reply(pdu)
        raise Refusal(frames.ILLEGAL_FUNCTION)

    def _read_inputs(self, request: frames.Request) -> bytes:
        if request.function != frames.READ_INPUTS:
            raise Refusal(frames.ILLEGAL_FUNCTION)
        inputs = self._plant.inputs()
        bits = [inputs >> number & 1 for number in span(request, 0, len(Input))]
        return frames.bits_reply(request.function, bits)

    def _read_settings(self, request: frames.Request) -> list[int]:
        if request.address & 0xFF00 == _MODES:
            return [self._modes[number] for number in span(request, _MODES, RELAYS)]
        single = {_UART: _UART_9600_8N1, _UNIT: self._unit, _VERSION: _WAVESHARE_VERSION}
        if request.address not in single or request.count != 1:
            raise Refusal(frames.ILLEGAL_ADDRESS)
        return [single[request.address]]

    def _write_settings(self, request: frames.Request) -> None:
        if request.address == _UNIT and request.count == 1:
            if not 1 <= request.values[0] <= 0xFF:
                raise Refusal(frames.ILLEGAL_VALUE)
            self._unit = request.values[0]
        else:
            numbers = span(request, _MODES, RELAYS)
            if max(request.values) > EDGE:
                raise Refusal(frames.ILLEGAL_VALUE)
            if self._faults.strikes("linkage_mode_on"):
                return  # answered as if it had taken
            for number, mode in zip(numbers, request.values, strict=True):
                self._modes[number] = mode
        self._memory.store(_SETTINGS, bytes((*self._modes, self._unit)))

    def _follow_inputs(self) -> None:
        if self._faults.on("linkage_mode_on"):
            self._modes[Output.LOCK] = LINKAGE
        before, self._inputs = self._inputs, self._plant.inputs()
        for number, mode in enumerate(self._modes):
            bit = 1 << number
            rose, fell = self._inputs & ~before & bit, before & ~self._inputs & bit
            if mode == LINKAGE:
                self._put(Switch(number, bool(self._inputs & bit)))
            elif (mode == TOGGLE and rose) or (mode == EDGE and (rose or fell)):
                self._put(Switch(number, None))

    def _put(self, switch: Switch) -> None:
        """Switch one relay; a pulse of it that still runs is forgotten."""
        bit = 1 << switch.number
        on = not self._mask & bit if switch.on is None else switch.on
        self._ends.pop(switch.number, None)
        if switch.for_ms is not None:
            self._ends[switch.number] = (self._plant.now_ms + switch.for_ms, not on)
        self._set(self._mask | bit if on else self._mask & ~bit)

    def _set(self, mask: int) -> None:
        self._mask = mask
        self._plant.drive(mask)
