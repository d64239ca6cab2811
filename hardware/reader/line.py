"""Card readers that send one line a card over a serial port, real or pseudo."""

from __future__ import annotations

import contextlib
import termios
import time
from typing import Final

import serial
from msgspec import Struct

from hardware.errors import DriverError, ReaderError
from hardware.interfaces import CardReader
from hardware.reader.cards import Notation, card_id

_POLL_S: Final = 0.05
_PORT_ERRORS: Final = (OSError, serial.SerialException, termios.error)
_LONGEST: Final = 1024  # bytes; more than this unread is noise


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reader's port, speed and how it writes a card's number."""

    port: str
    baud: int = 9600
    notation: Notation = "hex"


def check(options: Options) -> None:
    """Raise DriverError for options that cannot be right."""
    if options.baud <= 0:
        raise DriverError(f"expected a baud rate over 0, found {options.baud}")


def connect(options: Options) -> CardReader:
    """Return the reader; its port is opened by the first `read`.

    Raises:
        DriverError: options that cannot be right.
    """
    check(options)
    return LineReader(options)


class LineReader:
    """See `CardReader`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._serial: serial.Serial | None = None
        self._heard = b""

    def read(self, timeout_s: float) -> str | None:
        """See `CardReader.read`; a line that is no identifier is skipped."""
        deadline = time.monotonic() + timeout_s
        while (identifier := self._next_card()) is None:
            self._heard = (self._heard + self._receive())[-_LONGEST:]
            if time.monotonic() >= deadline:
                return self._next_card()
        return identifier

    def close(self) -> None:
        """See `CardReader.close`."""
        if self._serial is not None:
            with contextlib.suppress(*_PORT_ERRORS):
                self._serial.close()
            self._serial = None
        self._heard = b""

    def _next_card(self) -> str | None:
        while b"\n" in self._heard:
            line, _, self._heard = self._heard.partition(b"\n")
            identifier = card_id(line.decode("ascii", "replace"), self._options.notation)
            if identifier is not None:
                return identifier
        return None

    def _receive(self) -> bytes:
        try:
            if self._serial is None:
                self._serial = serial.Serial(
                    self._options.port, self._options.baud, timeout=_POLL_S, exclusive=True
                )
            return self._serial.read(max(1, self._serial.in_waiting))
        except (ValueError, *_PORT_ERRORS) as error:
            self.close()
            raise ReaderError(
                f"expected a card reader at {self._options.port}, found: {error}; check its cable"
            ) from error
