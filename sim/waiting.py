"""Waiting for something that another process does: look again and again, until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from sim.errors import SimError

PAUSE_S = 0.2  # as often as a page's own script asks; more would slow down what is waited for

_Found = TypeVar("_Found")


class OverdueError(SimError):
    """What was waited for did not come in time."""

    code: ClassVar[str] = "overdue"
    hint: ClassVar[str] = "Read the logs of the processes that take part."


def until(
    what: str, look: Callable[[], _Found | None], within_s: float, pause_s: float = PAUSE_S
) -> _Found:
    """Return the first thing that `look` finds; None, False and empty values are nothing.

    Raises:
        OverdueError: nothing was found within `within_s`; it names `what`.
    """
    deadline_s = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline_s:
            raise OverdueError(f"{what} within {within_s:g} s", "nothing yet")
        time.sleep(pause_s)
