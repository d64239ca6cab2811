"""Lamps and buzzer: on until switched off, or for a pulse. They move nothing.

MicroPython subset.
"""

from hardware.firmware import registers as r

COILS = range(r.LIGHT, r.LED_ALARM + 1)


class Lamps:
    """The four outputs LIGHT, BUZZER, LED_OK and LED_ALARM as a mask."""

    def __init__(self) -> None:
        self.mask = 0
        self._until_ms = [0] * 8  # 0: until switched

    def switch(self, coil: int, on: bool) -> None:
        """Set one lamp until it is switched again."""
        self._until_ms[coil] = 0
        self.mask = self.mask | 1 << coil if on else self.mask & ~(1 << coil)

    def pulse(self, coil: int, until_ms: int) -> None:
        """Switch one lamp on until this uptime."""
        self.mask |= 1 << coil
        self._until_ms[coil] = until_ms

    def expire(self, uptime_ms: int) -> None:
        """Switch off what has had its time."""
        for coil in COILS:
            if 0 < self._until_ms[coil] <= uptime_ms:
                self.switch(coil, False)

    def off(self) -> None:
        """Switch all of them off."""
        self.mask = 0
