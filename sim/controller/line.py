"""The serial line: a raw pseudo-terminal with the timing of a real one.

Requests are cut by `hardware.frames.FrameReader`; a request is heard when its last byte would
have arrived and a reply is written when its last byte would have. The line stays open for the
life of the process, so that the other side may come and go. It decides nothing: what is said
comes from `hear`, and `speak` may still silence it.
"""

from __future__ import annotations

import heapq
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from hardware.frames import FrameReader

BITS_PER_BYTE = 10  # 8N1
TURNAROUND_S = 0.003  # a controller thinks before it answers


class Answer(Struct, frozen=True):
    """What goes back on the line, and how much later than usual."""

    frame: bytes
    late_s: float = 0.0


class Terminal:
    """A raw pseudo-terminal whose far end is a path that any program can open."""

    def __init__(self) -> None:
        self.master, self._far = os.openpty()
        tty.setraw(self.master)
        tty.setraw(self._far)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._far)

    def write(self, data: bytes) -> None:
        """Send; bytes that nobody ever reads fall off when the buffer is full."""
        try:
            os.write(self.master, data)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Hang up: the path is gone."""
        os.close(self.master)
        os.close(self._far)


class SerialLine:
    """Runs one terminal on its own thread.

    Args:
        hear: called with each request frame when it has arrived; returns the answer or None.
        speak: called with the reply when it leaves; False if nothing is sent after all.
        baud: bits per second that the timing follows; 0 for no delays.
    """

    def __init__(
        self,
        hear: Callable[[bytes], Answer | None],
        speak: Callable[[bytes], bool],
        baud: int = 9600,
    ) -> None:
        self._hear = hear
        self._speak = speak
        self._byte_s = BITS_PER_BYTE / baud if baud else 0.0
        self._turnaround_s = TURNAROUND_S if baud else 0.0
        self._terminal = Terminal()
        self._wake_read, self._wake_write = os.pipe()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0
        self._thread = threading.Thread(target=self._run, name="sim-serial", daemon=True)

    @property
    def path(self) -> str:
        """The device path that a driver opens."""
        return self._terminal.path

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and remove the path."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        self._terminal.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        reader = FrameReader()
        while True:
            readable, _, _ = select.select(
                [self._terminal.master, self._wake_read], [], [], self._patience_s()
            )
            if self._wake_read in readable:
                return
            if readable:
                for frame in reader.feed(os.read(self._terminal.master, 4096), _now_ms()):
                    self._plan(len(frame) * self._byte_s, partial(self._heard, frame))
            self._do_due()

    def _heard(self, frame: bytes) -> None:
        answer = self._hear(frame)
        if answer is not None and answer.frame:
            delay_s = self._turnaround_s + len(answer.frame) * self._byte_s + answer.late_s
            self._plan(delay_s, partial(self._said, answer.frame))

    def _said(self, frame: bytes) -> None:
        if self._speak(frame):
            self._terminal.write(frame)

    def _plan(self, delay_s: float, action: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._due, (time.monotonic() + delay_s, self._planned, action))

    def _do_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def _patience_s(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
