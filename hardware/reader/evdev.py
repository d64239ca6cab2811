"""Card readers that type as a keyboard does (USB wedge readers), by Linux input events.

The device is grabbed, so that what it types reaches nobody else. Name it by its by-id path.
"""

from __future__ import annotations

import contextlib
import select
import time
from typing import Any, Final

import evdev
from evdev import ecodes
from msgspec import Struct

from hardware.errors import ReaderError
from hardware.interfaces import CardReader
from hardware.reader.cards import Notation, card_id

_ENTER: Final = (ecodes.KEY_ENTER, ecodes.KEY_KPENTER)
_DIGITS: Final = {
    **{getattr(ecodes, f"KEY_{key}"): key.lower() for key in "0123456789ABCDEF"},
    **{getattr(ecodes, f"KEY_KP{digit}"): str(digit) for digit in range(10)},
}
_DOWN: Final = 1  # value of a key event: 0 up, 1 down, 2 repeat
# A reader types a whole card within this time; older keys are of a card drawn away too early.
_CARD_S: Final = 1.0


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The device's path, best /dev/input/by-id/..., and how it writes a card's number."""

    device: str
    notation: Notation = "hex"


def connect(options: Options) -> CardReader:
    """Return the reader; its device is opened and grabbed by the first `read`."""
    return EvdevReader(options)


class EvdevReader:
    """See `CardReader`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._device: Any = None  # evdev.InputDevice; the library is untyped at this place
        self._typed = ""
        self._typed_s = 0.0
        self._cards: list[str] = []

    def read(self, timeout_s: float) -> str | None:
        """See `CardReader.read`; what is no identifier is skipped."""
        deadline = time.monotonic() + timeout_s
        while not self._cards:
            remaining_s = deadline - time.monotonic()
            for event in self._events(max(0.0, remaining_s)):
                if event.type == ecodes.EV_KEY and event.value == _DOWN:
                    self._press(event.code)
            if remaining_s <= 0 and not self._cards:
                return None
        return self._cards.pop(0)

    def close(self) -> None:
        """See `CardReader.close`."""
        if self._device is not None:
            with contextlib.suppress(OSError):
                self._device.close()
            self._device = None
        self._typed = ""

    def _events(self, timeout_s: float) -> list[Any]:
        try:
            if self._device is None:
                self._device = evdev.InputDevice(self._options.device)
                self._device.grab()
            readable, _, _ = select.select([self._device.fd], [], [], timeout_s)
            return list(self._device.read()) if readable else []
        except OSError as error:
            self.close()
            raise ReaderError(
                f"expected a card reader at {self._options.device}, found: {error}; check its "
                "cable, the rights, and that no other program has grabbed it"
            ) from error

    def _press(self, code: int) -> None:
        now = time.monotonic()
        if now - self._typed_s > _CARD_S:
            self._typed = ""
        self._typed_s = now
        if code not in _ENTER:
            self._typed += _DIGITS.get(code, "?")
            return
        identifier = card_id(self._typed, self._options.notation)
        self._typed = ""
        if identifier is not None:
            self._cards.append(identifier)
