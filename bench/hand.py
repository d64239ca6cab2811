"""A hand at the lever: it presses once, as soon as the lever can go down."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from sim.client import MachineCallError, MachineClient

LOOK_S = 0.02  # from look to look at the lever


class Hand:
    """What the hand did: `pressed_s` is when the lever was at the top again, monotonic."""

    def __init__(self, machine: MachineClient) -> None:
        self._machine = machine
        self.pressed_s: float | None = None

    def press_when_free(self, over: threading.Event) -> None:
        """Press once; give up when it is `over`."""
        while not over.wait(LOOK_S):
            with contextlib.suppress(MachineCallError):
                if self._machine.state()["open"] and self._machine.press_lever()["down"]:
                    self.pressed_s = time.monotonic()
                    return


@contextlib.contextmanager
def pressing(machine: MachineClient) -> Iterator[Hand]:
    """Meanwhile a hand waits at the lever of `machine` and presses once."""
    over, hand = threading.Event(), Hand(machine)
    thread = threading.Thread(target=hand.press_when_free, args=(over,), name="hand")
    thread.start()
    try:
        yield hand
    finally:
        over.set()
        thread.join()
