"""Patience: when to send again what was not answered. Pure but for its own dice."""

from __future__ import annotations

import random

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Patience:
    """When to send again: a pause that doubles up to a limit, with jitter, until an answer."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._pause_s = FIRST_PAUSE_S
        self._until_s = 0.0
        self.tries = 0  # sent since the last answer

    def over(self, now_s: float) -> bool:
        """The pause is over: send."""
        return now_s >= self._until_s

    def sent(self, now_s: float) -> None:
        """Something was sent: wait for its answer, twice as long as the last time."""
        self._until_s = now_s + self._pause_s * self._random.uniform(0.75, 1.25)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        self.tries += 1

    def answered(self) -> None:
        """An answer came: go on at once."""
        self._pause_s, self._until_s, self.tries = FIRST_PAUSE_S, 0.0, 0

    def wait(self, now_s: float, pause_s: float) -> None:
        """The other side asked for a pause."""
        self._until_s = now_s + pause_s
