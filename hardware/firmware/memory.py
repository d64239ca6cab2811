"""What the firmware's controller must not forget, and the arithmetic that MicroPython lacks.

Counters live in two slots that are written in turn, each with its generation and a check sum:
a power cut in the middle of a write spoils one slot and leaves the other, so that a count is
never lost and never goes back. MicroPython subset: no typing, no dataclasses, no hmac.
"""

import hashlib
import struct

_LAYOUT = ">4sIIIIIIB"
_MAGIC = b"SEA1"
_CHECK_BYTES = 8
RECORD_BYTES = struct.calcsize(_LAYOUT) + _CHECK_BYTES
_BLOCK_BYTES = 64  # SHA-256 works on blocks of 64 bytes; RFC 2104 pads the key to one

MOVING = 1  # the press left its top and was not back yet
PENDING = 2  # the press reached its bottom: one stroke that is not in the counter yet
UNCERTAIN = 4  # power was lost while the press moved; a person has to count


class Counters:
    """The non-volatile numbers; every one of them only grows."""

    def __init__(self) -> None:
        self.generation = 0
        self.strokes = 0
        self.boots = 0
        self.lock_cycles = 0
        self.tampers = 0
        self.event_head = 0
        self.flags = 0


def encode(counters: Counters) -> bytes:
    """Return the bytes of one slot."""
    body = struct.pack(
        _LAYOUT,
        _MAGIC,
        counters.generation,
        counters.strokes,
        counters.boots,
        counters.lock_cycles,
        counters.tampers,
        counters.event_head,
        counters.flags,
    )
    return body + hashlib.sha256(body).digest()[:_CHECK_BYTES]


def decode(data: bytes) -> "Counters | None":
    """Return the counters of one slot, None when it is torn, foreign or was never written."""
    if len(data) != RECORD_BYTES or data[:4] != _MAGIC:
        return None
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if hashlib.sha256(body).digest()[:_CHECK_BYTES] != check:
        return None
    counters = Counters()
    fields = struct.unpack(_LAYOUT, body)
    counters.generation, counters.strokes, counters.boots = fields[1:4]
    counters.lock_cycles, counters.tampers, counters.event_head = fields[4:7]
    counters.flags = fields[7]
    return counters


def newest(first: bytes, second: bytes) -> "Counters | None":
    """Return the later of two slots; zeros when both are blank, None when neither can be read."""
    if not first and not second:
        return Counters()
    one, two = decode(first), decode(second)
    if one is None or two is None:
        return one or two
    return one if one.generation > two.generation else two


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104) for a key of at most 64 bytes."""
    padded = key + bytes(_BLOCK_BYTES - len(key))
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare without stopping early, so that time tells nothing about a wrong MAC."""
    difference = len(one) ^ len(other)
    for a, b in zip(one, other):  # noqa: B905 - MicroPython's zip knows no strict
        difference |= a ^ b
    return difference == 0


def crc16(data: bytes) -> int:
    """Return the Modbus CRC-16 of `data`."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc
