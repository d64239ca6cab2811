"""What relay boards say differently (pure): pulses, switching off, reading outputs back.

Every board reads its inputs by function 02. No dialect has a way to switch one of the moving
outputs on for an unlimited time; `lamp` is for lamps, and the driver calls it for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from hardware import frames

CHANNELS: Final = 8

# Waveshare: pulse = function 05 at 0x0200 + n, value in tenths; 0x00FF is all outputs.
_WAVESHARE_PULSE: Final = 0x0200
_WAVESHARE_ALL: Final = 0x00FF
# LC-Tech: function 10 at 3 + 5n, words mode and tenths; mode 4 is on and then off.
_LCTECH_PULSE: Final = 3
_LCTECH_STRIDE: Final = 5
_LCTECH_ON_THEN_OFF: Final = 4
# R421A: function 06 at 1 + n, high byte the command, low byte seconds.
_R421A_ON: Final = 0x0100
_R421A_OFF: Final = 0x0200
_R421A_DELAY: Final = 0x0600


class Dialect(Struct, frozen=True):
    """How one family of boards is spoken to; every function returns request PDUs.

    Args:
        pulse: channel and milliseconds -> the one request of a hardware-timed pulse.
        off: the mapped channels, most important first -> requests that switch everything off.
        lamp: channel and state -> the request that switches one output for good.
        outputs: the request that reads all outputs back, one value per channel.
    """

    pulse: Callable[[int, int], bytes]
    off: Callable[[Sequence[int]], tuple[bytes, ...]]
    lamp: Callable[[int, bool], bytes]
    outputs: bytes


def _waveshare_pulse(channel: int, length_ms: int) -> bytes:
    return frames.write_coil(_WAVESHARE_PULSE + channel, length_ms // 100)


def _waveshare_off(_channels: Sequence[int]) -> tuple[bytes, ...]:
    return (frames.write_coil(_WAVESHARE_ALL, frames.COIL_OFF),)


def _coil_lamp(channel: int, on: bool) -> bytes:
    return frames.write_coil(channel, frames.COIL_ON if on else frames.COIL_OFF)


def _lctech_pulse(channel: int, length_ms: int) -> bytes:
    address = _LCTECH_PULSE + _LCTECH_STRIDE * channel
    return frames.write_registers(address, (_LCTECH_ON_THEN_OFF, length_ms // 100))


def _lctech_off(_channels: Sequence[int]) -> tuple[bytes, ...]:
    return (frames.write_coils(0, (0,) * CHANNELS),)


def _r421a_pulse(channel: int, length_ms: int) -> bytes:
    return frames.write_register(1 + channel, _R421A_DELAY + length_ms // 1000)


def _r421a_off(channels: Sequence[int]) -> tuple[bytes, ...]:
    return tuple(frames.write_register(1 + channel, _R421A_OFF) for channel in channels)


def _r421a_lamp(channel: int, on: bool) -> bytes:
    return frames.write_register(1 + channel, _R421A_ON if on else _R421A_OFF)


_READ_COILS: Final = frames.read_request(frames.READ_COILS, 0, CHANNELS)
_READ_STATES: Final = frames.read_request(frames.READ_HOLDING, 1, CHANNELS)

DIALECTS: Final = {
    "waveshare": Dialect(_waveshare_pulse, _waveshare_off, _coil_lamp, _READ_COILS),
    "lctech": Dialect(_lctech_pulse, _lctech_off, _coil_lamp, _READ_COILS),
    "r421a": Dialect(_r421a_pulse, _r421a_off, _r421a_lamp, _READ_STATES),
}
