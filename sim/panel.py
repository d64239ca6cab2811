"""The front panel: a driver for `[panel] driver = "sim.panel"` that lights the simulated lamps."""

from __future__ import annotations

import urllib.error
import urllib.request

import msgspec
import structlog
from msgspec import Struct

log = structlog.get_logger()

_TIMEOUT_S = 0.5


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`control` is the address printed by `seal-sim machine`."""

    control: str


class SimPanel:
    """Two lamps and a buzzer, reached over the machine's control address."""

    def __init__(self, control: str) -> None:
        self._url = f"{control.rstrip('/')}/panel"

    def show(self, *, ok: bool, alarm: bool) -> None:
        """Set the two lamps."""
        self._send({"ok": ok, "alarm": alarm})

    def buzz(self, times: int) -> None:
        """Sound `times` short tones and return without waiting for them."""
        self._send({"tones": times})

    def close(self) -> None:
        """Everything off; never raises."""
        self._send({"ok": False, "alarm": False})

    def _send(self, body: dict[str, bool | int]) -> None:
        """Lamps are a courtesy: a panel that cannot be reached stops nothing."""
        request = urllib.request.Request(
            self._url,
            data=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT_S).close()
        except OSError as error:
            log.warning("panel_unreachable", url=self._url, error=str(error))


def connect(options: Options) -> SimPanel:
    """Return the panel; it is reached at each use."""
    return SimPanel(options.control)
