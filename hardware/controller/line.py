"""One serial line to one or more controllers: an exclusive port and one request at a time.

Rules: a request is sent once by `ask`; only `ask_again`, for requests that move nothing or only
switch off, repeats it. What arrives outside a request is thrown away. For a while after a lost
answer every answer is waited out: two that differ are both thrown away, so that a late reply is
never taken for the answer to something else.
"""

from __future__ import annotations

import termios
import time
from typing import Final

import serial

from hardware import frames
from hardware.errors import DriverError, FrameError, LockSilentError

BITS_PER_BYTE: Final = 10  # 8N1: start, eight, stop
# Modbus asks for 3.5 characters of silence between frames, and 1.75 ms from 19200 baud on.
SILENT_CHARACTERS: Final = 3.5
SILENCE_MIN_S: Final = 0.00175
_POLL_S: Final = 0.005
# pyserial lets the terminal's own errors through.
_PORT_ERRORS: Final = (OSError, serial.SerialException, termios.error)
# A reply later than this after its request is not expected from any controller.
_LATE_S: Final = 3.0
# While a late reply may come, an answer is believed when no other follows within this time.
_LINGER_S: Final = 0.06


class SerialLine:
    """Owns one serial port; its caller owns it and uses it from one thread.

    Args:
        port: device path.
        baud: bits per second, 8N1.
        timeout_s: how long a controller may take to answer, the frames' own time not counted.
    """

    def __init__(self, port: str, baud: int, timeout_s: float) -> None:
        self._port = port
        self._baud = baud
        self._timeout_s = timeout_s
        self._serial: serial.Serial | None = None
        self._doubtful_until_s: dict[tuple[int, int], float] = {}  # by unit and function
        self._open()

    def ask(self, unit: int, pdu: bytes) -> frames.Reply:
        """Send `pdu` once and return the answer, which may be an exception reply.

        Raises:
            LockSilentError: no answer in time, or the port is gone.
        """
        try:
            return self._exchange(unit, pdu)
        except _PORT_ERRORS as error:
            self.close()
            raise LockSilentError(
                f"expected a serial port at {self._port}, found {error}; check the cable"
            ) from error

    def ask_again(self, unit: int, pdu: bytes, attempts: int = 3) -> frames.Reply:
        """Like `ask`, but up to `attempts` times; only for what may happen twice."""
        for _ in range(attempts - 1):
            try:
                return self.ask(unit, pdu)
            except LockSilentError:
                continue
        return self.ask(unit, pdu)

    def close(self) -> None:
        """Release the port; never raises. The next request opens it again."""
        if self._serial is not None:
            try:
                self._serial.close()
            except _PORT_ERRORS:
                pass
            finally:
                self._serial = None

    def _open(self) -> serial.Serial:
        if self._serial is None:
            try:
                self._serial = serial.Serial(
                    self._port, self._baud, timeout=_POLL_S, write_timeout=1.0, exclusive=True
                )
            except (ValueError, *_PORT_ERRORS) as error:
                raise LockSilentError(
                    f"expected a free serial port at {self._port}, found {error}; "
                    "check the cable, the rights and that no other program uses it"
                ) from error
        return self._serial

    def _exchange(self, unit: int, pdu: bytes) -> frames.Reply:
        port = self._open()
        frame = frames.encode(unit, pdu)
        self._wait_for_silence(port)
        port.write(frame)
        port.flush()
        length = frames.reply_length(pdu, b"")
        wire_s = (len(frame) + length) * BITS_PER_BYTE / self._baud
        deadline = time.monotonic() + self._timeout_s + wire_s
        heard = b""
        while time.monotonic() < deadline:
            heard += port.read(max(1, port.in_waiting))
            if _replies(unit, pdu, heard):
                return self._believe(port, unit, pdu, heard)
        self._doubtful_until_s[unit, pdu[0]] = time.monotonic() + _LATE_S
        raise LockSilentError(
            f"expected an answer from unit {unit} to {pdu.hex()} within "
            f"{self._timeout_s} s, found {heard.hex() or 'nothing'}; check cable, power and unit"
        )

    def _believe(self, port: serial.Serial, unit: int, pdu: bytes, heard: bytes) -> frames.Reply:
        """Return the answer in `heard`, once no late one can be mistaken for it."""
        if time.monotonic() < self._doubtful_until_s.get((unit, pdu[0]), 0.0):
            until = time.monotonic() + _LINGER_S
            while time.monotonic() < until:
                heard += port.read(max(1, port.in_waiting))
        replies = _replies(unit, pdu, heard)
        if any(reply != replies[0] for reply in replies):
            raise LockSilentError(f"expected one answer to {pdu.hex()}, found {heard.hex()}")
        return replies[0]

    def _wait_for_silence(self, port: serial.Serial) -> None:
        """Throw away what nobody asked for until the line has been silent long enough."""
        silence_s = max(SILENT_CHARACTERS * BITS_PER_BYTE / self._baud, SILENCE_MIN_S)
        silent_until = time.monotonic() + silence_s
        give_up = time.monotonic() + self._timeout_s
        while (now := time.monotonic()) < min(silent_until, give_up):
            if port.in_waiting:
                port.reset_input_buffer()
                silent_until = now + silence_s
            else:
                time.sleep(min(0.001, silent_until - now))


class Lines:
    """The serial lines of one machine: controllers that name one port share it.

    Its controllers belong to one thread. One that closes the line does not hurt the others: the
    next request opens it again.
    """

    def __init__(self) -> None:
        self._lines: dict[str, tuple[int, SerialLine]] = {}

    def of(self, port: str, baud: int, timeout_s: float) -> SerialLine:
        """Return the line of a port; the first to ask says how long an answer may take.

        Raises:
            DriverError: the port is used with another speed.
            LockSilentError: it cannot be opened.
        """
        known = self._lines.get(port)
        if known is None:
            known = baud, SerialLine(port, baud, timeout_s)
            self._lines[port] = known
        if known[0] != baud:
            raise DriverError(f"expected one baud for {port}, found {known[0]} and {baud}")
        return known[1]


def _replies(unit: int, pdu: bytes, heard: bytes) -> list[frames.Reply]:
    """Return the answers to `pdu` in `heard`; noise and foreign frames around are skipped."""
    found = []
    start = 0
    while start < len(heard) - 1:
        head = heard[start : start + 2]
        length = frames.reply_length(pdu, head)
        reply = None
        if head[0] == unit and head[1] & 0x7F == pdu[0]:
            reply = _reply(pdu, heard[start : start + length])
        if reply is not None:
            found.append(reply)
        start += 1 if reply is None else length
    return found


def _reply(pdu: bytes, frame: bytes) -> frames.Reply | None:
    try:
        _, reply = frames.decode(frame)
        return frames.parse_reply(pdu, reply)
    except FrameError:
        return None
