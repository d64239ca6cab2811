"""What passed on the serial bus, read from the frames of a trace: grants and stroke counters.

A grant is a frame that could make the lock move. Profile B names its job and numbers its
commands, so that the same number again is the same grant; on profile A each frame is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hardware import frames
from hardware.errors import FrameError
from hardware.firmware import registers
from hardware.frames import Request
from sim.judge.evidence import Event

WAVESHARE_PULSE = 0x0200
TENTH_MS = 100
LONGEST_PULSE_MS = 10_000  # no pulse may be longer, whatever the board calls it


class Grant(Struct, frozen=True, kw_only=True):
    """One frame that lets the lever be pressed once.

    Args:
        job: the first 16 bytes of the intent's hash in hex (profile B), "" on profile A.
        pulse_ms: how long the lock is open at most, by the hardware's own timer.
        lost: the frame never reached the board.
    """

    at_ms: int
    job: str
    pulse_ms: int
    lost: bool


def grants(trace: tuple[Event, ...]) -> list[Grant]:
    """Return every grant of a trace, oldest first; a lost frame sent again is one grant."""
    found: list[Grant] = []
    places: dict[tuple[str, int], int] = {}
    for number, grant in _grants(trace):
        place = None if number is None else places.get(number)
        if place is None:
            if number is not None:
                places[number] = len(found)
            found.append(grant)
        elif found[place].lost:
            found[place] = grant
    return found


def strokes(trace: tuple[Event, ...]) -> Iterator[tuple[int, int]]:
    """Yield (plant's time, counter) for each answer of profile B that carries its counter."""
    asked: Request | None = None
    for event in trace:
        if event.kind == "rx":
            asked = _request(event)
        elif event.kind == "tx" and "fault" not in event.facts and asked is not None:
            counter = _counter(asked, bytes.fromhex(event.facts["hex"]))
            asked = None
            if counter is not None:
                yield event.at_ms, counter


def _grants(trace: tuple[Event, ...]) -> Iterator[tuple[tuple[str, int] | None, Grant]]:
    """Yield each frame that could make the lock move, with its job and number on profile B."""
    job, pulse_ms = "", LONGEST_PULSE_MS
    for event in trace:
        request = _request(event) if event.kind == "rx" else None
        if request is None:
            continue
        if request.function == frames.WRITE_REGISTERS:
            words = dict(enumerate(request.values, request.address))
            if registers.GRANT in words:
                job = "".join(f"{word:04x}" for word in request.values[:8])
            if registers.LOCK_PULSE in words:
                pulse_ms = words[registers.LOCK_PULSE] * TENTH_MS
        if event.facts.get("moves"):
            numbered = request.address == registers.COMMAND
            yield (
                (job, request.values[0]) if numbered else None,
                Grant(
                    at_ms=event.at_ms,
                    job=job if numbered else "",
                    pulse_ms=_pulse_ms(request) or pulse_ms,
                    lost=bool(event.facts.get("lost")),
                ),
            )


def _request(event: Event) -> Request | None:
    try:
        _, pdu = frames.decode(bytes.fromhex(event.facts["hex"]))
        return frames.parse_request(pdu)
    except FrameError:
        return None


def _pulse_ms(request: Request) -> int | None:
    if request.function == frames.WRITE_COIL and request.address == WAVESHARE_PULSE:
        return request.values[0] * TENTH_MS
    return None


def _counter(asked: Request, frame: bytes) -> int | None:
    if asked.function != frames.READ_INPUT_REGISTERS:
        return None
    place = registers.STROKES - asked.address
    if not 0 <= place <= asked.count - 2 or len(frame) != 5 + 2 * asked.count:
        return None
    start = 3 + 2 * place
    return int.from_bytes(frame[start : start + 4], "big")
