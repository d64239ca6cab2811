"""Modbus RTU frames: bytes in, bytes out, no port and no clock of its own.

Both ends use it: the drivers build requests and check replies, the simulated controllers cut
the request stream and answer. A frame is unit, PDU and CRC-16 (low byte first); a PDU is a
function code and its data. Whatever does not fit exactly raises FrameError: a reply is only
taken for an answer when function, length and echo match its request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hardware.errors import FrameError

READ_COILS: Final = 0x01
READ_INPUTS: Final = 0x02
READ_HOLDING: Final = 0x03
READ_INPUT_REGISTERS: Final = 0x04
WRITE_COIL: Final = 0x05
WRITE_REGISTER: Final = 0x06
WRITE_COILS: Final = 0x0F
WRITE_REGISTERS: Final = 0x10

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
DEVICE_FAILURE: Final = 4
DEVICE_BUSY: Final = 6

COIL_ON: Final = 0xFF00
COIL_OFF: Final = 0x0000
BROADCAST: Final = 0
# Limits of the Modbus application protocol: a frame has at most 256 bytes.
FRAME_MAX: Final = 256
BITS_MAX: Final = 2000
BITS_WRITE_MAX: Final = 1968
WORDS_MAX: Final = 125
WORDS_WRITE_MAX: Final = 123

_BIT_READS: Final = (READ_COILS, READ_INPUTS)
_WORD_READS: Final = (READ_HOLDING, READ_INPUT_REGISTERS)
_SINGLE_WRITES: Final = (WRITE_COIL, WRITE_REGISTER)
_BLOCK_WRITES: Final = (WRITE_COILS, WRITE_REGISTERS)
FUNCTIONS: Final = _BIT_READS + _WORD_READS + _SINGLE_WRITES + _BLOCK_WRITES
_ERROR_BIT: Final = 0x80
_FIXED_REQUEST: Final = 8  # unit, function, address, count or value, CRC
_ECHO_REPLY: Final = 8
_EXCEPTION_REPLY: Final = 5


class Request(Struct, frozen=True):
    """One request PDU, parsed.

    Args:
        count: how many bits or registers; 1 for the single writes.
        values: what a write carries, bits as 0 and 1; the raw 16-bit word for function 05,
            because vendors put pulse lengths there; empty for reads.
    """

    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()


class Reply(Struct, frozen=True):
    """One reply PDU that answers its request.

    Args:
        values: bits as 0 and 1 or registers, exactly as many as were asked for.
        exception: the exception code when the other side refused, else None.
    """

    function: int
    values: tuple[int, ...] = ()
    exception: int | None = None


def crc16(data: bytes) -> int:
    """Return the Modbus CRC-16 of `data` (polynomial 0xA001, start 0xFFFF)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def encode(unit: int, pdu: bytes) -> bytes:
    """Return the frame for `pdu` to or from `unit` (0..255)."""
    if not 0 <= unit <= 0xFF or not 1 <= len(pdu) <= FRAME_MAX - 3:
        raise FrameError(f"expected unit 0..255 and 1..253 bytes, found {unit} and {len(pdu)}")
    body = bytes((unit,)) + pdu
    return body + crc16(body).to_bytes(2, "little")


def decode(frame: bytes) -> tuple[int, bytes]:
    """Return unit and PDU of one whole frame; raise FrameError when length or CRC is wrong."""
    if not 4 <= len(frame) <= FRAME_MAX:
        raise FrameError(f"expected a frame of 4..{FRAME_MAX} bytes, found {len(frame)}")
    expected = crc16(frame[:-2])
    found = int.from_bytes(frame[-2:], "little")
    if found != expected:
        raise FrameError(f"expected CRC {expected:04x}, found {found:04x}: noise on the bus")
    return frame[0], frame[1:-2]


def read_request(function: int, address: int, count: int) -> bytes:
    """Return the PDU that reads `count` bits (01, 02) or registers (03, 04) at `address`."""
    limit = BITS_MAX if function in _BIT_READS else WORDS_MAX
    if function not in _BIT_READS + _WORD_READS or not 1 <= count <= limit:
        raise FrameError(f"expected a read of 1..{limit}, found function {function}, {count}")
    return bytes((function,)) + _word(address) + _word(count)


def write_coil(address: int, value: int) -> bytes:
    """Return the PDU of function 05; `value` is the raw word (0xFF00 on, 0 off, or a pulse)."""
    return bytes((WRITE_COIL,)) + _word(address) + _word(value)


def write_register(address: int, value: int) -> bytes:
    """Return the PDU of function 06."""
    return bytes((WRITE_REGISTER,)) + _word(address) + _word(value)


def write_coils(address: int, bits: Sequence[int]) -> bytes:
    """Return the PDU of function 0F that sets `bits` (0 or 1) from `address` on."""
    if not 1 <= len(bits) <= BITS_WRITE_MAX:
        raise FrameError(f"expected 1..{BITS_WRITE_MAX} coils, found {len(bits)}")
    data = pack_bits(bits)
    return bytes((WRITE_COILS,)) + _word(address) + _word(len(bits)) + bytes((len(data),)) + data


def write_registers(address: int, values: Sequence[int]) -> bytes:
    """Return the PDU of function 10 that writes `values` from `address` on."""
    if not 1 <= len(values) <= WORDS_WRITE_MAX:
        raise FrameError(f"expected 1..{WORDS_WRITE_MAX} registers, found {len(values)}")
    head = bytes((WRITE_REGISTERS,)) + _word(address) + _word(len(values))
    return head + bytes((2 * len(values),)) + b"".join(_word(value) for value in values)


def parse_request(pdu: bytes) -> Request:
    """Return the request in `pdu`; raise FrameError when function, count or length is wrong."""
    if len(pdu) < 5 or pdu[0] not in FUNCTIONS:
        raise FrameError(f"expected a request of functions 01..06, 0F, 10, found {pdu.hex()}")
    function, address, word = pdu[0], _at(pdu, 1), _at(pdu, 3)
    if function in _BLOCK_WRITES:
        return _parse_block_write(function, address, word, pdu[5:])
    if len(pdu) != 5:
        raise FrameError(f"expected 5 bytes for function {function}, found {len(pdu)}")
    if function in _SINGLE_WRITES:
        return Request(function, address, 1, (word,))
    if not 1 <= word <= (BITS_MAX if function in _BIT_READS else WORDS_MAX):
        raise FrameError(f"expected a count within the protocol, found {word}")
    return Request(function, address, word)


def bits_reply(function: int, bits: Sequence[int]) -> bytes:
    """Return the reply PDU of functions 01 and 02."""
    data = pack_bits(bits)
    return bytes((function, len(data))) + data


def words_reply(function: int, words: Sequence[int]) -> bytes:
    """Return the reply PDU of functions 03 and 04."""
    return bytes((function, 2 * len(words))) + b"".join(_word(word) for word in words)


def write_reply(request_pdu: bytes) -> bytes:
    """Return the reply PDU that confirms a write: its function, address and value or count."""
    return request_pdu[:5]


def exception_reply(function: int, code: int) -> bytes:
    """Return the PDU that refuses `function` with exception `code`."""
    return bytes((function | _ERROR_BIT, code))


def parse_reply(request_pdu: bytes, pdu: bytes) -> Reply:
    """Return the reply to `request_pdu`; raise FrameError when it answers something else."""
    request = parse_request(request_pdu)
    if len(pdu) == 2 and pdu[0] == request.function | _ERROR_BIT:
        return Reply(request.function, exception=pdu[1])
    if len(pdu) != _reply_pdu_length(request) or pdu[0] != request.function:
        raise FrameError(f"expected an answer to {request_pdu.hex()}, found {pdu.hex()}")
    if request.function in _SINGLE_WRITES + _BLOCK_WRITES:
        if pdu != write_reply(request_pdu):
            raise FrameError(f"expected the echo of {request_pdu[:5].hex()}, found {pdu.hex()}")
        return Reply(request.function)
    if pdu[1] != len(pdu) - 2:
        raise FrameError(f"expected a byte count of {len(pdu) - 2}, found {pdu[1]}")
    if request.function in _BIT_READS:
        return Reply(request.function, unpack_bits(pdu[2:], request.count))
    return Reply(request.function, tuple(_at(pdu, 2 + 2 * n) for n in range(request.count)))


def reply_length(request_pdu: bytes, head: bytes) -> int:
    """Return how many bytes the frame answering `request_pdu` has, `head` being its start.

    With fewer than two bytes of `head` the length of the good answer is returned.
    """
    if len(head) >= 2 and head[1] & _ERROR_BIT:
        return _EXCEPTION_REPLY
    return _reply_pdu_length(parse_request(request_pdu)) + 3


def request_length(head: bytes) -> int | None:
    """Return how many bytes the request frame starting with `head` has, None when too short.

    Raises:
        FrameError: no request starts like this.
    """
    if len(head) < 2:
        return None
    if head[1] not in FUNCTIONS:
        raise FrameError(f"expected functions 01..06, 0F, 10, found {head[1]:#04x}")
    if head[1] not in _BLOCK_WRITES:
        return _FIXED_REQUEST
    return None if len(head) < 7 else 9 + head[6]


class FrameReader:
    """Cuts the bytes a slave hears into request frames, by function code, length and silence.

    As a real slave does, it throws away everything up to the next silence when bytes do not
    make a frame; times come from its caller.
    """

    def __init__(self, silence_ms: int = 20) -> None:
        self._silence_ms = silence_ms
        self._buffer = b""
        self._deaf = False
        self._heard_ms = 0

    def feed(self, data: bytes, now_ms: int) -> list[bytes]:
        """Return the whole frames with a good CRC that end in `data`, heard at `now_ms`."""
        if now_ms - self._heard_ms >= self._silence_ms:
            self._buffer, self._deaf = b"", False
        if data:
            self._heard_ms = now_ms
            self._buffer += data
        frames = []
        while not self._deaf and (frame := self._cut()):
            frames.append(frame)
        return frames

    def _cut(self) -> bytes | None:
        try:
            length = request_length(self._buffer)
            if length is None or len(self._buffer) < length:
                return None
            frame = self._buffer[:length]
            decode(frame)
        except FrameError:
            self._buffer, self._deaf = b"", True
            return None
        self._buffer = self._buffer[length:]
        return frame


def pack_bits(bits: Sequence[int]) -> bytes:
    """Return `bits` (0 or 1) as bytes, the first in the lowest bit."""
    data = bytearray((len(bits) + 7) // 8)
    for n, bit in enumerate(bits):
        data[n // 8] |= bool(bit) << n % 8
    return bytes(data)


def unpack_bits(data: bytes, count: int) -> tuple[int, ...]:
    """Return the first `count` bits of `data`, the lowest bit first."""
    return tuple(data[n // 8] >> n % 8 & 1 for n in range(count))


def _parse_block_write(function: int, address: int, count: int, data: bytes) -> Request:
    wanted = (count + 7) // 8 if function == WRITE_COILS else 2 * count
    limit = BITS_WRITE_MAX if function == WRITE_COILS else WORDS_WRITE_MAX
    if not 1 <= count <= limit or len(data) != wanted + 1 or data[0] != wanted:
        raise FrameError(f"expected {count} values in {wanted} bytes, found {data.hex()}")
    if function == WRITE_COILS:
        return Request(function, address, count, unpack_bits(data[1:], count))
    return Request(function, address, count, tuple(_at(data, 1 + 2 * n) for n in range(count)))


def _reply_pdu_length(request: Request) -> int:
    if request.function in _BIT_READS:
        return 2 + (request.count + 7) // 8
    if request.function in _WORD_READS:
        return 2 + 2 * request.count
    return _ECHO_REPLY - 3


def _word(value: int) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise FrameError(f"expected a 16-bit word, found {value}")
    return value.to_bytes(2, "big")


def _at(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 2], "big")
