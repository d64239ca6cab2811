"""Count presses from readings of the inputs (pure): what the agent can know on profile A.

A press is PRESS_BOTTOM followed by PRESS_TOP. A second PRESS_BOTTOM long after the first is a
second press even when the top between them was missed. Times are monotonic milliseconds.
"""

from __future__ import annotations

from typing import Final

from hardware.interfaces import Inputs

# A switch that bounces is quiet after this long; a lever needs far more to come down again,
# and stays at its bottom about as long, so that a longer gap between readings may hide it.
BOUNCE_MS: Final = 100


class PressCounter:
    """What readings since the last `restart` show.

    Args:
        presses: complete presses seen.
        pressing: the press is away from its top.
        possible: times the press left its top and came back, and a gap between readings may
            have hidden that it was at the bottom.
        blind_ms: the longest time without a reading.
        bolt_left: BOLT_OUT read 0 at least once.
    """

    def __init__(self, now_ms: int) -> None:
        self.restart(now_ms)

    def restart(self, now_ms: int) -> None:
        """Forget everything: a grant begins."""
        self.presses = 0
        self.pressing = False
        self.possible = 0
        self.blind_ms = 0
        self.bolt_left = False
        self._read_ms = now_ms
        self._gap_ms = 0  # the longest gap of this stroke
        self._bottom = False
        self._bottom_ms: int | None = None  # when the bottom was last seen in this stroke

    def see(self, inputs: Inputs, now_ms: int) -> None:
        """Take one successful reading."""
        gap_ms = now_ms - self._read_ms
        self._read_ms = now_ms
        self.blind_ms = max(self.blind_ms, gap_ms)
        self._gap_ms = max(self._gap_ms, gap_ms)
        self.bolt_left |= not inputs.bolt_out
        if inputs.press_bottom:
            self._see_bottom(now_ms)
        elif inputs.press_top:
            self._see_top()
        self._bottom = inputs.press_bottom
        self.pressing = not inputs.press_top or inputs.press_bottom

    def _see_bottom(self, now_ms: int) -> None:
        if self._bottom_ms is not None and not self._bottom:
            self.presses += now_ms - self._bottom_ms > BOUNCE_MS
        self._bottom_ms = now_ms

    def _see_top(self) -> None:
        if self._bottom_ms is not None:
            self.presses += 1
        elif self.pressing and self._gap_ms > BOUNCE_MS:
            self.possible += 1
        self._bottom_ms = None
        self._gap_ms = 0
