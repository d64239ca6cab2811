"""The serial line: noise, foreign frames, a port that goes and comes back."""

from __future__ import annotations

import os
import threading
import time
import tty

import pytest

from hardware import LockSilentError, frames
from hardware.controller.line import SerialLine

READ = frames.read_request(2, 0, 8)
GOOD = frames.encode(1, frames.bits_reply(2, [1, 0, 1, 0, 1, 0, 1, 0]))
FOREIGN = frames.encode(9, frames.bits_reply(2, [1] * 8))
OTHER = frames.encode(1, frames.words_reply(3, [7]))
PULSE = frames.write_coil(0x200, 30)


class Far:
    """The far end of a pty: answers each request with the next of `answers`."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.heard = []
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="far-end")
        self._thread.start()

    def _run(self):
        os.set_blocking(self.master, False)
        while not self._stopped.wait(0.002):
            try:
                self.heard.append(os.read(self.master, 256))
            except (BlockingIOError, OSError):
                continue
            if self.answers:
                os.write(self.master, self.answers.pop(0))

    def stop(self):
        self._stopped.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def line_to():
    """Return a function that opens a line to a far end with these answers."""
    opened = []

    def open_line(*answers):
        far = Far(*answers)
        line = SerialLine(far.port, 9600, 0.1)
        opened.append((line, far))
        return line, far

    yield open_line
    for line, far in opened:
        line.close()
        far.stop()


@pytest.mark.parametrize(
    "around",
    [
        pytest.param(lambda good: good, id="alone"),
        pytest.param(lambda good: b"\x00\xff\x01\x02" + good, id="noise-before"),
        pytest.param(lambda good: FOREIGN + good, id="foreign-unit-before"),
        pytest.param(lambda good: OTHER + good, id="other-function-before"),
        pytest.param(lambda good: good + b"\x00\x01\x02", id="noise-behind"),
        pytest.param(lambda good: good[:3] + good, id="half-a-frame-before"),
    ],
)
def test_answer_is_found_in_what_else_is_heard(line_to, around):
    line, _ = line_to(around(GOOD))

    assert line.ask(1, READ).values == (1, 0, 1, 0, 1, 0, 1, 0)


@pytest.mark.parametrize("reply", [FOREIGN, OTHER, GOOD[:-1], GOOD[:-1] + b"\x00", b""])
def test_nothing_else_is_taken_for_the_answer(line_to, reply):
    line, far = line_to(reply)

    with pytest.raises(LockSilentError):
        line.ask(1, READ)

    assert far.heard == [frames.encode(1, READ)]


def test_command_is_sent_once_even_without_an_answer(line_to):
    line, far = line_to(b"")

    with pytest.raises(LockSilentError):
        line.ask(1, PULSE)

    assert far.heard == [frames.encode(1, PULSE)]


def test_echo_of_another_pulse_is_not_the_answer(line_to):
    line, _ = line_to(frames.encode(1, frames.write_coil(0x200, 29)))

    with pytest.raises(LockSilentError):
        line.ask(1, PULSE)


def test_exception_reply_is_an_answer(line_to):
    line, _ = line_to(frames.encode(1, frames.exception_reply(5, 3)))

    assert line.ask(1, PULSE).exception == 3


def test_read_is_repeated_until_it_is_answered(line_to):
    line, far = line_to(b"", GOOD[:4], GOOD)

    assert line.ask_again(1, READ).values[0] == 1
    assert len(far.heard) == 3


def test_read_is_given_up_after_its_attempts(line_to):
    line, far = line_to(b"", b"", b"", GOOD)

    with pytest.raises(LockSilentError):
        line.ask_again(1, READ)

    assert len(far.heard) == 3


def test_what_came_unasked_is_thrown_away(line_to):
    line, far = line_to()
    os.write(far.master, GOOD)
    time.sleep(0.05)

    with pytest.raises(LockSilentError):
        line.ask(1, READ)


def test_two_answers_that_differ_are_both_doubted_after_a_lost_one(line_to):
    stale = frames.encode(1, frames.bits_reply(2, [0] * 8))
    line, _ = line_to(b"", stale + GOOD, GOOD + GOOD)
    with pytest.raises(LockSilentError):
        line.ask(1, READ)

    with pytest.raises(LockSilentError, match="one answer"):
        line.ask(1, READ)

    assert line.ask(1, READ).values[0] == 1


def test_port_that_vanished_is_silent_and_is_opened_again_when_it_is_back(tmp_path):
    link = tmp_path / "port"
    first, second = Far(GOOD), Far(GOOD)
    link.symlink_to(first.port)
    line = SerialLine(str(link), 9600, 1.0)
    line.ask(1, READ)
    first.stop()
    link.unlink()

    with pytest.raises(LockSilentError):
        line.ask(1, READ)
    with pytest.raises(LockSilentError, match="expected a free serial port"):
        line.ask(1, READ)
    link.symlink_to(second.port)

    assert line.ask(1, READ).values[0] == 1
    line.close()
    second.stop()


def test_close_may_be_repeated(line_to):
    line, _ = line_to()

    line.close()
    line.close()
