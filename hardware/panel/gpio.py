"""Lamps and buzzer on the Raspberry Pi's own pins, by gpiozero."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import gpiozero
from gpiozero.exc import GPIOZeroError
from msgspec import Struct

from hardware.errors import DriverError, HardwareError
from hardware.interfaces import Panel

_TONE_S: Final = 0.12
_PAUSE_S: Final = 0.12


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pins by gpiozero's names, such as `GPIO17`; None where a part is not fitted."""

    ok_pin: str | None = None
    alarm_pin: str | None = None
    buzzer_pin: str | None = None
    active_high: bool = True


def connect(options: Options) -> Panel:
    """Return the panel with everything off.

    Raises:
        DriverError: a pin that is not there, or is taken.
    """
    try:
        return GpioPanel(options)
    except GPIOZeroError as error:
        raise DriverError(f"expected free pins for the panel, found: {error}") from error


class GpioPanel:
    """See `Panel`."""

    def __init__(self, options: Options) -> None:
        self._parts: list[Any] = []
        try:
            self._ok = self._part(gpiozero.LED, options.ok_pin, options.active_high)
            self._alarm = self._part(gpiozero.LED, options.alarm_pin, options.active_high)
            self._buzzer = self._part(gpiozero.Buzzer, options.buzzer_pin, options.active_high)
        except GPIOZeroError:
            self.close()
            raise

    def show(self, *, ok: bool, alarm: bool) -> None:
        """See `Panel.show`."""
        for lamp, on in ((self._ok, ok), (self._alarm, alarm)):
            if lamp is not None:
                _do(lamp.on if on else lamp.off)

    def buzz(self, times: int) -> None:
        """See `Panel.buzz`; a tone that still sounds is replaced."""
        if self._buzzer is not None and times > 0:
            _do(self._buzzer.beep, _TONE_S, _PAUSE_S, times)

    def close(self) -> None:
        """See `Panel.close`."""
        for part in self._parts:
            with contextlib.suppress(GPIOZeroError):
                part.off()
                part.close()

    def _part(self, kind: Any, pin: str | None, active_high: bool) -> Any:
        if pin is None:
            return None
        part = kind(pin, active_high=active_high, initial_value=False)
        self._parts.append(part)
        return part


def _do(action: Any, *arguments: object) -> None:
    try:
        action(*arguments)
    except GPIOZeroError as error:
        raise HardwareError(f"expected the panel to obey, found: {error}") from error
