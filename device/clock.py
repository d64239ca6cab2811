"""Device time: never goes back, and knows whether it is proved.

Device time = max(last journaled time, last mark + time since, wall clock when plausible). A mark
is the gateway's signed time in an acknowledgement of an entry just written, so that one held
back for days is none; it holds on until the power is lost, counted on the clock that runs
through sleep (CLOCK_BOOTTIME).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

BUILT_MS = 1_790_000_000_000  # 2026-09-21: no wall clock before this is right
MARK_TOLERANCE_MS = 120_000
LONGEST_ABSENCE_MS = 366 * 86_400_000  # a wall clock further ahead of the journal proves nothing


class Mark(Struct, frozen=True, kw_only=True):
    """A gateway time, and when it came on the boot clock of which power-on."""

    at_ms: int
    boottime_ms: int
    power_on: str


class DeviceClock:
    """The clock of one device.

    Args:
        last_ms: gives the time of the newest journaled entry, 0 before the first.
        boottime_ms, power_on: the clock that runs through sleep, and which power-on it counts.
    """

    def __init__(
        self,
        wall_ms: Callable[[], int],
        mark: Mark | None,
        last_ms: Callable[[], int],
        boottime_ms: Callable[[], int],
        power_on: str,
    ) -> None:
        self._wall_ms = wall_ms
        self._boottime_ms = boottime_ms
        self._power_on = power_on
        self._mark = mark
        self._last_ms = last_ms

    @property
    def mark_ms(self) -> int | None:
        """The last mark seen, as entries state it."""
        return self._mark.at_ms if self._mark else None

    def read(self) -> tuple[int, bool]:
        """Return UTC milliseconds, never before the newest entry, and whether they are proved."""
        marked, wall, last = self._since_mark(), self._wall_ms(), self._last_ms()
        if marked is not None:
            plausible = abs(wall - marked) <= MARK_TOLERANCE_MS
        else:
            latest = last + LONGEST_ABSENCE_MS if last else wall
            plausible = max(last, BUILT_MS) <= wall <= latest
        now_ms = max(last, marked or 0, wall if plausible else 0)
        return now_ms, plausible or marked is not None

    def read_for_permits(self) -> tuple[int, bool]:
        """Return the time by which permits are judged: the running mark, where there is one.

        A wall clock that was wrong once has left later times in the log; they end no permit.
        """
        marked = self._since_mark()
        return self.read() if marked is None else (marked, True)

    def now_ms(self) -> int:
        """Return UTC milliseconds as far as they are known."""
        return self.read()[0]

    def marked(self, at_ms: int) -> Mark:
        """Take over a gateway time that is known to be fresh; only a later one counts."""
        if self._mark is None or at_ms > self._mark.at_ms:
            self._mark = Mark(at_ms=at_ms, boottime_ms=self._boottime_ms(), power_on=self._power_on)
        return self._mark

    def _since_mark(self) -> int | None:
        mark = self._mark
        if mark is None or mark.power_on != self._power_on:
            return None
        return mark.at_ms + max(0, self._boottime_ms() - mark.boottime_ms)


def system_wall_ms() -> int:
    """Return the system's wall clock in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def system_boottime_ms() -> int:
    """Return milliseconds since power-on, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def system_power_on() -> str:
    """Return the kernel's identifier of this power-on."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
