"""The serial line: raw bytes, real timing, and an end that may come and go."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator

import pytest

from hardware import frames
from sim.controller.line import Answer, SerialLine
from sim.controller.spoil import spoil
from sim.faults import FaultSet, Scope

REQUEST = frames.encode(1, frames.read_request(frames.READ_INPUTS, 0, 8))
REPLY = frames.encode(1, frames.bits_reply(frames.READ_INPUTS, [1] * 8))

Hear = Callable[[bytes], Answer | None]


@pytest.fixture
def line() -> Iterator[Callable[..., SerialLine]]:
    started: list[SerialLine] = []

    def start(hear: Hear, *, baud: int = 0, speaks: bool = True) -> SerialLine:
        new = SerialLine(hear, lambda _frame: speaks, baud)
        new.start()
        started.append(new)
        return new

    yield start
    for each in started:
        each.stop()


def ask(path: str, data: bytes, wait_s: float = 0.3) -> bytes:
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(handle, data)
        heard = b""
        while select.select([handle], [], [], wait_s)[0]:
            heard += os.read(handle, 256)
        return heard
    finally:
        os.close(handle)


def test_every_byte_passes_unchanged(line: Callable[..., SerialLine]) -> None:
    odd = frames.encode(3, frames.words_reply(3, [0x0D0A, 0x1113, 0x0304, 0x7FFF, 0x1A1C]))
    heard: list[bytes] = []

    def hear(frame: bytes) -> Answer:
        heard.append(frame)
        return Answer(odd)

    started = line(hear)

    assert ask(started.path, REQUEST) == odd
    assert heard == [REQUEST]


def test_line_goes_on_when_the_other_end_is_opened_again(
    line: Callable[..., SerialLine],
) -> None:
    started = line(lambda _frame: Answer(REPLY))

    assert [ask(started.path, REQUEST, 0.1) for _ in range(3)] == [REPLY] * 3


def test_noise_before_a_silence_does_not_hide_a_request(line: Callable[..., SerialLine]) -> None:
    started = line(lambda _frame: Answer(REPLY))

    assert ask(started.path, b"\x01\x02\xff", 0.1) == b""
    assert ask(started.path, REQUEST, 0.1) == REPLY


def test_silence_is_kept_when_nothing_is_to_be_said(line: Callable[..., SerialLine]) -> None:
    quiet = line(lambda _frame: None)
    muted = line(lambda _frame: Answer(REPLY), speaks=False)

    assert ask(quiet.path, REQUEST, 0.1) == b""
    assert ask(muted.path, REQUEST, 0.1) == b""


def test_at_9600_baud_an_exchange_takes_as_long_as_its_bytes(
    line: Callable[..., SerialLine],
) -> None:
    started = line(lambda _frame: Answer(REPLY), baud=9600)
    before = time.monotonic()

    reply = ask(started.path, REQUEST, 0.1)

    on_the_wire_s = (len(REQUEST) + len(REPLY)) * 10 / 9600
    assert reply == REPLY
    assert time.monotonic() - before - 0.1 >= on_the_wire_s


def test_a_late_answer_does_not_delay_the_next(line: Callable[..., SerialLine]) -> None:
    answers = [Answer(b"late", late_s=0.2), Answer(REPLY)]
    started = line(lambda _frame: answers.pop(0))
    handle = os.open(started.path, os.O_RDWR | os.O_NOCTTY)

    os.write(handle, REQUEST)
    time.sleep(0.05)
    os.write(handle, REQUEST)
    heard = b""
    while select.select([handle], [], [], 0.4)[0]:
        heard += os.read(handle, 256)
    os.close(handle)

    assert heard == REPLY + b"late"


def spoilt(name: str) -> tuple[Answer | None, str | None]:
    faults = FaultSet()
    faults.set(name, 0, count=1)
    return spoil(REPLY, faults, moves=False)


def test_each_fault_of_the_line_spoils_the_reply_in_its_way() -> None:
    late, bad, half, other = (
        spoilt(name)[0] for name in ("late_reply", "bad_crc", "half_frame", "wrong_unit")
    )

    assert spoilt("no_reply") == (None, "no_reply")
    assert late is not None and late.frame == REPLY and late.late_s > 1
    assert bad is not None and bad.frame[:-2] == REPLY[:-2] and bad.frame != REPLY
    assert half is not None and REPLY.startswith(half.frame) and 0 < len(half.frame) < len(REPLY)
    assert other is not None and frames.decode(other.frame)[0] != 1
    assert frames.decode(other.frame)[1] == frames.decode(REPLY)[1]


def test_a_fault_for_moving_frames_spares_a_read() -> None:
    faults = FaultSet()
    faults.set("no_reply", 0, count=1, scope=Scope.MOVES)

    assert spoil(REPLY, faults, moves=False) == (Answer(REPLY), None)
    assert spoil(REPLY, faults, moves=True) == (None, "no_reply")
