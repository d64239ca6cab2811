"""Watcher: what the cycle tells the clerk's side, and the one thing that it asks of it."""

from __future__ import annotations

from typing import Protocol

from device.capture import Taken


class Watcher(Protocol):
    """Hears how an impression goes on; the clerk's screen hangs on it."""

    def leaving(self) -> bool:
        """Tell whether the clerk wants out, so that the lever must be locked now."""
        ...

    def opened(self) -> None:
        """The lever is free."""

    def photographing(self, reason: str) -> None:
        """The photo is being taken; `reason` says why the last one did not serve, or ""."""

    def recorded(self, after: Taken) -> bool:
        """The use is journaled; return whether impressions remain under the permit.

        Args:
            after: its photo after the press.
        """
        ...

    def stopped(self, reason: str) -> None:
        """No impression was made now, or the machine is held; `reason` is a stable word."""
