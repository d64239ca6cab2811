"""Silence: for how long the township has left entries unanswered although the link was up.

A broker acknowledges what it drops: a machine whose topics or rights are wrong sees nothing but
this silence. It counts connected time only, over any number of links.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

ALARM_S = 60.0  # an answer takes milliseconds, and the longest back-off of the sender is shorter

log = structlog.get_logger()


class Silence:
    """Counts, and says it once in the log; belongs to the agent's loop.

    Args:
        now_s: monotonic seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._seen_s: float | None = None
        self._waited_s = 0.0

    @property
    def alarming(self) -> bool:
        """The township should have answered long ago."""
        return self._waited_s >= ALARM_S

    def look(self, *, linked: bool, waiting: int) -> None:
        """Count on: is the link up, and how many entries wait for an answer?"""
        now_s = self._now_s()
        if not waiting:
            self.answered()
        elif linked and self._seen_s is not None:
            was_alarming = self.alarming
            self._waited_s += now_s - self._seen_s
            if self.alarming and not was_alarming:
                log.error("not_delivered", waiting=waiting, connected_s=round(self._waited_s))
        self._seen_s = now_s if linked else None

    def answered(self) -> None:
        """The township acknowledged something new."""
        self._waited_s = 0.0
