"""How relay boards of three vendors spell "switch this relay": pure, from request to switches.

Written from the vendors' manuals and not from our own board files, so that a mistake there
shows against these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from hardware import frames

RELAYS: Final = 8
_TOGGLE: Final = 0x5500
_WAVESHARE_ALL: Final = 0x00FF
_WAVESHARE_ON_FOR: Final = 0x0200
_WAVESHARE_OFF_FOR: Final = 0x0400
_WAVESHARE_LONGEST: Final = 0x7FFF
_LCTECH_FIRST: Final = 3
_LCTECH_STRIDE: Final = 5
_LCTECH_OFF_FOR, _LCTECH_ON_FOR = 2, 4
_R421_ON, _R421_OFF, _R421_TOGGLE, _R421_LATCH = 0x01, 0x02, 0x03, 0x04
_R421_MOMENTARY, _R421_DELAY, _R421_ALL_ON, _R421_ALL_OFF = 0x05, 0x06, 0x07, 0x08
_R421_MOMENTARY_MS: Final = 1000


class Refusal(Exception):
    """No error of ours: the board does nothing and answers with this exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Switch(Struct, frozen=True):
    """One relay goes on (True), off (False) or the other way (None), for good or for a time."""

    number: int
    on: bool | None
    for_ms: int | None = None


class Dialect(Struct, frozen=True, kw_only=True):
    """One kind of board.

    Args:
        switches: relays that a request switches; None if it is not a request to switch;
            raises Refusal.
        modes: it has the control mode registers.
        coil_registers: relay n is read as holding register n (from 1), there are no coils.
        input_unit_step: how far the unit number of the inputs lies from that of the relays.
    """

    name: str
    switches: Callable[[frames.Request], list[Switch] | None]
    modes: bool = False
    coil_registers: bool = False
    input_unit_step: int = 0


def span(request: frames.Request, first: int, count: int) -> range:
    """Return the numbers from 0 that a request names in a block; raise Refusal outside it."""
    start = request.address - first
    if start < 0 or start + request.count > count:
        raise Refusal(frames.ILLEGAL_ADDRESS)
    return range(start, start + request.count)


def waveshare(request: frames.Request) -> list[Switch] | None:
    """Waveshare Modbus RTU Relay (D): 05 with pulses in tenths of a second, 0F."""
    if request.function == frames.WRITE_COILS:
        return _coils(request)
    if request.function != frames.WRITE_COIL:
        return None
    block, number = request.address & 0xFF00, request.address & 0x00FF
    if request.address == _WAVESHARE_ALL:
        on = _word(request.values[0])
        return [Switch(relay, on) for relay in range(RELAYS)]
    if number >= RELAYS:
        raise Refusal(frames.ILLEGAL_ADDRESS)
    if block == 0:
        return [Switch(number, _word(request.values[0]))]
    if block not in (_WAVESHARE_ON_FOR, _WAVESHARE_OFF_FOR):
        raise Refusal(frames.ILLEGAL_ADDRESS)
    if not 1 <= request.values[0] <= _WAVESHARE_LONGEST:
        raise Refusal(frames.ILLEGAL_VALUE)
    return [Switch(number, block == _WAVESHARE_ON_FOR, request.values[0] * 100)]


def lctech(request: frames.Request) -> list[Switch] | None:
    """LC-Tech: 05, 0F, and 10 at 3 + 5 n with the words 2 or 4 and tenths of a second."""
    if request.function == frames.WRITE_COILS:
        return _coils(request)
    if request.function == frames.WRITE_COIL:
        (number,) = span(request, 0, RELAYS)
        return [Switch(number, _word(request.values[0]))]
    if request.function != frames.WRITE_REGISTERS:
        return None
    number, rest = divmod(request.address - _LCTECH_FIRST, _LCTECH_STRIDE)
    if rest or not 0 <= number < RELAYS or request.count != 2:
        raise Refusal(frames.ILLEGAL_ADDRESS)
    kind, tenths = request.values
    if kind not in (_LCTECH_OFF_FOR, _LCTECH_ON_FOR) or not tenths:
        raise Refusal(frames.ILLEGAL_VALUE)
    return [Switch(number, kind == _LCTECH_ON_FOR, tenths * 100)]


def r421a08(request: frames.Request) -> list[Switch] | None:
    """R421A08: 06 at 1 to 8, command in the high byte, seconds in the low; 0 for all."""
    if request.function != frames.WRITE_REGISTER:
        return None
    command, seconds = divmod(request.values[0], 0x100)
    if request.address == 0:
        if command not in (_R421_ALL_ON, _R421_ALL_OFF):
            raise Refusal(frames.ILLEGAL_VALUE)
        return [Switch(relay, command == _R421_ALL_ON) for relay in range(RELAYS)]
    (number,) = span(request, 1, RELAYS)
    if command == _R421_LATCH:
        return [Switch(relay, relay == number) for relay in range(RELAYS)]
    single = {
        _R421_ON: Switch(number, True),
        _R421_OFF: Switch(number, False),
        _R421_TOGGLE: Switch(number, None),
        _R421_MOMENTARY: Switch(number, True, _R421_MOMENTARY_MS),
        _R421_DELAY: Switch(number, True, seconds * 1000),
    }
    if command not in single:
        raise Refusal(frames.ILLEGAL_VALUE)
    return [single[command]]


def _coils(request: frames.Request) -> list[Switch]:
    numbers = span(request, 0, RELAYS)
    return [Switch(n, bool(value)) for n, value in zip(numbers, request.values, strict=True)]


def _word(word: int) -> bool | None:
    if word not in (frames.COIL_ON, frames.COIL_OFF, _TOGGLE):
        raise Refusal(frames.ILLEGAL_VALUE)
    return None if word == _TOGGLE else word == frames.COIL_ON


BOARDS: Final[dict[str, Dialect]] = {
    "waveshare-d": Dialect(name="waveshare-d", switches=waveshare, modes=True),
    "lctech": Dialect(name="lctech", switches=lctech),
    "r421a08": Dialect(name="r421a08", switches=r421a08, coil_registers=True, input_unit_step=1),
}
