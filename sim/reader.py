"""The card reader: one end types card numbers, the other is a driver that reads them.

A wedge reader types the card's identifier and a line end. `CardWedge` does so on a
pseudo-terminal; `connect` gives the driver for `[reader] driver = "sim.reader"`.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty

from msgspec import Struct

from hardware.errors import ReaderError
from sim.controller.line import Terminal
from sim.errors import CardError

_UID = re.compile(r"(?:[0-9a-f]{2}){4,10}")
_LONGEST_LINE = 64


def card_line(uid: str) -> str:
    """Return a card's identifier as the reader types it, in lowercase.

    Raises:
        CardError: it is no card's identifier.
    """
    if not _UID.fullmatch(uid.lower()):
        raise CardError("4 to 10 bytes in hexadecimal", repr(uid))
    return uid.lower()


class CardWedge:
    """Types card numbers; owned by one machine."""

    def __init__(self) -> None:
        self._terminal = Terminal()

    @property
    def path(self) -> str:
        """The device path that a driver opens."""
        return self._terminal.path

    def lay(self, uid: str) -> None:
        """Lay a card on the reader; raise CardError for what is no card's identifier."""
        self._terminal.write(f"{card_line(uid)}\n".encode("ascii"))

    def close(self) -> None:
        """Unplug the reader."""
        self._terminal.close()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`port` is the path printed as `reader` by `seal-sim machine`."""

    port: str


class LineReader:
    """Reads card lines from a terminal. Owned by one thread."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._handle: int | None = None
        self._rest = b""

    def read(self, timeout_s: float) -> str | None:
        """Return the next card's identifier (lowercase hex), or None after `timeout_s`.

        Cards that were laid before the reader was opened are forgotten; lines that are no
        identifier are skipped.

        Raises:
            ReaderError: the reader is gone; the next call opens it again.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            uid = self._next_uid()
            if uid is not None:
                return uid
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not self._receive(left_s):
                return None

    def close(self) -> None:
        """Release the reader; never raises."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def open(self) -> int:
        """Open the terminal if it is not open, and forget what was typed before."""
        if self._handle is None:
            try:
                handle = os.open(self._port, os.O_RDWR | os.O_NOCTTY)
                tty.setraw(handle)
                termios.tcflush(handle, termios.TCIFLUSH)
            except (OSError, termios.error) as error:
                raise ReaderError(f"expected a card reader at {self._port}: {error}") from error
            self._handle = handle
            self._rest = b""
        return self._handle

    def _next_uid(self) -> str | None:
        while b"\n" in self._rest:
            line, self._rest = self._rest.split(b"\n", 1)
            text = line.decode("ascii", errors="replace").strip().lower()
            if _UID.fullmatch(text):
                return text
        return None

    def _receive(self, timeout_s: float) -> bool:
        handle = self.open()
        readable, _, _ = select.select([handle], [], [], timeout_s)
        if not readable:
            return False
        try:
            data = os.read(handle, 256)
        except OSError as error:
            self.close()
            raise ReaderError(f"expected card lines from {self._port}: {error}") from error
        if not data:
            self.close()
            raise ReaderError(f"expected card lines from {self._port}, found end of file")
        self._rest = (self._rest + data)[-_LONGEST_LINE:]
        return True


def connect(options: Options) -> LineReader:
    """Return the reader, opened; raise ReaderError if it is not there."""
    reader = LineReader(options.port)
    reader.open()
    return reader
