"""The ring of the last 32 events, eight words each, as registers 9100-91FF show it.

MicroPython subset. Event numbers never repeat: their head lies in the non-volatile counters.
"""

import struct

from hardware.firmware import memory
from hardware.firmware import registers as r


class Events:
    """Event n stands in slot n % 32 until event n + 32 overwrites it."""

    def __init__(self) -> None:
        self._slots = [bytes(2 * r.EVENT_WORDS) for _ in range(r.EVENT_SLOTS)]

    def put(self, number: int, uptime_ms: int, code: int, argument: int) -> None:
        """Keep one event, with a CRC over its first twelve bytes."""
        body = struct.pack(">IIHH", number, uptime_ms & 0xFFFFFFFF, code, argument & 0xFFFF)
        check = struct.pack(">HH", memory.crc16(body), 0)
        self._slots[number % r.EVENT_SLOTS] = body + check

    def registers(self) -> bytes:
        """Return the whole ring as register bytes."""
        return b"".join(self._slots)
