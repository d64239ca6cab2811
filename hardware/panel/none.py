"""No panel: lamps and buzzer hang on the controller, or there are none."""

from __future__ import annotations

from msgspec import Struct

from hardware.interfaces import Panel


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """There is nothing to set."""


def connect(options: Options) -> Panel:
    """Return a panel that shows nothing."""
    return NoPanel()


class NoPanel:
    """See `Panel`."""

    def show(self, *, ok: bool, alarm: bool) -> None:
        """Nothing to light."""

    def buzz(self, times: int) -> None:
        """Nothing to sound."""

    def close(self) -> None:
        """Nothing to release."""
