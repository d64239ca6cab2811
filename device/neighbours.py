"""Neighbours: the controllers of one machine's other seals, which must all be locked and at rest.

At most one seal is open at a time. The loop sends one grant and watches it to its end; this is
asked right before, with fresh readings, so that nothing of an earlier run is still open either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from device.cycle import State
from device.lock import Lock

LOCKED = (State.IDLE, State.READY)


class Neighbours:
    """All seals of one machine; belongs to the agent's loop.

    Args:
        locks: by seal.
    """

    def __init__(self, locks: Mapping[str, Lock]) -> None:
        self._locks = locks
        self._states: dict[str, Callable[[], State]] = {}

    def add(self, seal: str, state: Callable[[], State]) -> None:
        """Name where a seal's cycle stands; called once for each, before the loop begins."""
        self._states[seal] = state

    def trouble(self, seal: str) -> str:
        """Return why another seal forbids to open this one, as a stable word, or ""."""
        for other, lock in self._locks.items():
            if other == seal:
                continue
            if self._states[other]() not in LOCKED:
                return "other-seal"
            report = lock.poll()
            if report is None:
                return "other-silent"
            if report.unlocked or report.pressing or not report.inputs.bolt_out:
                return "other-seal"
        return ""
