"""Firmware of the profile B seal controller: frames in, frames out; the simulator runs it too.

It answers the register map, checks the MAC of every grant, takes each command number once and
refuses a plain ON for anything that moves. What then moves is `motion.py`'s. MicroPython
subset: no typing, enum or dataclass at run time. One unit, one seal; broadcasts are ignored.
"""

import struct

from hardware.firmware import memory
from hardware.firmware import registers as r
from hardware.firmware.board import Board
from hardware.firmware.lamps import COILS
from hardware.firmware.motion import Motion

MAP_VERSION = 1
VERSION = 0x0100
NONCE_LIFE_MS = 30000
KEY_BYTES = 32
# Capabilities 9004-5: stroke counter, event ring, MAC; bit 3 is the motor.
_CAPABILITIES = 0b0111
_CAPABILITY_MOTOR = 0b1000

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE, _BUSY = 1, 2, 3, 6
_MOVING_COILS = 1 << r.LOCK | 1 << r.PRESS | 1 << r.PRESS_RETURN | 1 << r.HATCH
_HATCH_PULSE_MAX = 100  # x100 ms
_PULSE_MAX = 0x7FFF
# Smallest and largest value of registers 9200..9204.
_CONFIG_RANGES = ((1, 100), (0, 0xFFFF), (1, 100), (1, 50), (1, 60))


class Refused(Exception):
    """Carries the Modbus exception code of a request that is not served."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Firmware:
    """One seal controller on `board`; call `poll` at least every 5 ms."""

    def __init__(self, board: Board, unit: int = 1, motor: bool = False) -> None:
        self._board = board
        self._unit = unit
        self._motion = Motion(board, motor)
        self._grant = [0] * r.GRANT_WORDS
        self._sequence = 0
        self._last = 0  # the command under that number
        self._result = r.IDLE
        self._reason = 0
        self._key = board.machine_key()
        if len(self._key) != KEY_BYTES:
            self._motion.fail(r.F_KEY)
        self._nonce = b""
        self._nonce_ms = 0
        self._renew_nonce()

    def poll(self) -> None:
        """Run timers, interlocks and the stroke counter."""
        self._motion.poll()
        if self._result == r.RUNNING and not self._motion.window:
            self._result = r.DONE
        if self._motion.uptime_ms - self._nonce_ms >= NONCE_LIFE_MS:
            self._renew_nonce()

    def receive(self, frame: bytes) -> bytes:
        """Take one whole RTU frame; return the reply, empty when it is not for this unit."""
        self.poll()
        if len(frame) < 4 or frame[0] != self._unit:
            return b""
        if memory.crc16(frame[:-2]) != frame[-2] | frame[-1] << 8:
            return b""
        pdu = frame[1:-2]
        try:
            reply = self._answer(pdu)
        except Refused as refused:
            reply = bytes((pdu[0] | 0x80, refused.code))
        self._motion.drive()
        body = bytes((self._unit,)) + reply
        return body + struct.pack("<H", memory.crc16(body))

    def _answer(self, pdu: bytes) -> bytes:
        function = pdu[0]
        if function not in (1, 2, 3, 4, 5, 6, 0x0F, 0x10):
            raise Refused(_ILLEGAL_FUNCTION)
        if len(pdu) < 5 or (function < 7 and len(pdu) != 5):
            raise Refused(_ILLEGAL_VALUE)
        address, value = struct.unpack(">HH", pdu[1:5])
        if function < 3:
            return self._read_bits(function, address, value)
        if function < 5:
            return self._read_words(function, address, value)
        if function == 5:
            self._write_coil(address, value)
        elif function == 6:
            self._write_words(address, (value,))
        elif function == 0x0F:
            self._write_coils(address, value, pdu[5:])
        else:
            if not 1 <= value <= 123 or len(pdu) != 6 + 2 * value or pdu[5] != 2 * value:
                raise Refused(_ILLEGAL_VALUE)
            self._write_words(address, struct.unpack(">%dH" % value, pdu[6:]))  # noqa: UP031
        return pdu[:5]

    def _read_bits(self, function: int, address: int, count: int) -> bytes:
        if not 1 <= count <= 8:
            raise Refused(_ILLEGAL_VALUE)
        if address + count > 8:
            raise Refused(_ILLEGAL_ADDRESS)
        bits = self._motion.outputs() if function == 1 else self._motion.inputs
        return bytes((function, 1, bits >> address & (1 << count) - 1))

    def _read_words(self, function: int, address: int, count: int) -> bytes:
        if not 1 <= count <= 125:
            raise Refused(_ILLEGAL_VALUE)
        start, block = self._inputs_at(address) if function == 4 else self._holding_at(address)
        data = block[2 * (address - start) : 2 * (address - start + count)]
        if address < start or len(data) != 2 * count:
            raise Refused(_ILLEGAL_ADDRESS)
        return bytes((function, len(data))) + data

    def _inputs_at(self, address: int) -> "tuple[int, bytes]":
        if address < r.STATUS:
            return r.MAGIC, self._identity()
        if address < r.NONCE:
            return r.STATUS, self._status()
        if address < r.EVENTS:
            return r.NONCE, self._nonce
        return r.EVENTS, self._motion.events.registers()

    def _holding_at(self, address: int) -> "tuple[int, bytes]":
        if address < r.GRANT:
            return r.CONFIG, _pack(self._motion.config)
        if address < r.COMMAND:
            return r.GRANT, _pack(self._grant)
        last = [self._sequence, self._last, self._sequence, self._result, self._reason]
        return r.COMMAND, _pack(last)

    def _identity(self) -> bytes:
        capabilities = _CAPABILITIES | (_CAPABILITY_MOTOR if self._motion.motor else 0)
        head = struct.pack(">HHI", MAP_VERSION, VERSION, capabilities)
        return _pack(r.MAGIC_WORDS) + head + self._board.unique_id()

    def _status(self) -> bytes:
        motion = self._motion
        kept = motion.counters
        motion.told = motion.alarms
        causes = struct.pack(
            ">HHHH", motion.state, motion.fault, motion.alarms, self._board.reset_cause()
        )
        counts = struct.pack(
            ">IIIIII",
            motion.uptime_ms // 1000,
            kept.boots,
            kept.strokes,
            kept.lock_cycles,
            kept.tampers,
            kept.event_head,
        )
        measured = struct.pack(
            ">HHHH",
            self._board.supply_mv() & 0xFFFF,
            self._board.temperature_x10() & 0xFFFF,
            motion.peak_ma & 0xFFFF,
            min(motion.stroke_ms, 0xFFFF),
        )
        return causes + counts + measured

    def _write_coil(self, address: int, value: int) -> None:
        if address == r.ALL_COILS:
            if value:
                raise Refused(_ILLEGAL_VALUE)
            self._motion.all_off()
        elif r.PULSE <= address < r.PULSE + 8:
            self._pulse(address - r.PULSE, value)
        elif address >= 8:
            raise Refused(_ILLEGAL_ADDRESS)
        elif value not in (0, 0xFF00):
            raise Refused(_ILLEGAL_VALUE)
        else:
            self._switch(1 << address, 1 << address if value else 0)

    def _write_coils(self, address: int, count: int, data: bytes) -> None:
        if not 1 <= count <= 8 or len(data) != 2 or data[0] != 1:
            raise Refused(_ILLEGAL_VALUE)
        if address + count > 8:
            raise Refused(_ILLEGAL_ADDRESS)
        touched = (1 << count) - 1 << address
        self._switch(touched, data[1] << address)

    def _switch(self, touched: int, on: int) -> None:
        """Set the lamps among `touched`; anything that moves can only be switched off."""
        if on & touched & _MOVING_COILS:
            raise Refused(_ILLEGAL_VALUE)
        if touched & _MOVING_COILS:
            self._motion.cancel()
        for coil in COILS:
            if touched >> coil & 1:
                self._motion.lamps.switch(coil, bool(on >> coil & 1))

    def _pulse(self, coil: int, tenths: int) -> None:
        motion = self._motion
        if coil in COILS and 1 <= tenths <= _PULSE_MAX:
            motion.lamps.pulse(coil, motion.uptime_ms + 100 * tenths)
        elif coil == r.HATCH and motion.state == r.SERVICE and 1 <= tenths <= _HATCH_PULSE_MAX:
            motion.open_hatch(100 * tenths)
        else:
            raise Refused(_ILLEGAL_VALUE)

    def _write_words(self, address: int, words: "tuple[int, ...]") -> None:
        end = address + len(words)
        if address >= r.COMMAND and end <= r.COMMAND + 5:
            if address != r.COMMAND or len(words) != 2:
                raise Refused(_ILLEGAL_VALUE)
            self._command(words[0], words[1])
        elif address >= r.GRANT and end <= r.GRANT + r.GRANT_WORDS:
            self._grant[address - r.GRANT : end - r.GRANT] = list(words)
        elif address >= r.CONFIG and end <= r.CONFIG + len(_CONFIG_RANGES):
            self._configure(address - r.CONFIG, words)
        else:
            raise Refused(_ILLEGAL_ADDRESS)

    def _configure(self, first: int, words: "tuple[int, ...]") -> None:
        """Take limits unless something is granted; a changed heartbeat feeds the watchdog."""
        for n in range(len(words)):
            low, high = _CONFIG_RANGES[first + n]
            if not low <= words[n] <= high:
                raise Refused(_ILLEGAL_VALUE)
        beat = r.HEARTBEAT - r.CONFIG
        if (first, len(words)) != (beat, 1) and self._motion.state in (r.ARMED, r.OPEN, r.STROKE):
            raise Refused(_BUSY)
        before = self._motion.config[beat]
        self._motion.config[first : first + len(words)] = list(words)
        if self._motion.config[beat] != before:
            self._motion.heard()

    def _command(self, sequence: int, command: int) -> None:
        """Act once on the next number; the same number again changes nothing."""
        if sequence == self._sequence:
            return
        if sequence != self._sequence % 0xFFFF + 1:
            raise Refused(_ILLEGAL_VALUE)
        self._sequence, self._last = sequence, command
        self._motion.heard()
        word = self._perform(command)
        self._reason = r.REASONS.index(word) if word else 0
        if word:
            self._result = r.REJECTED
            self._motion.event(r.E_REJECTED, self._reason << 8 | command & 0xFF)

    def _perform(self, command: int) -> str:
        """Do it and set the result; return the word of the reason when it is rejected."""
        if self._motion.fault:
            return "fault"
        self._result = r.DONE
        action = {
            r.ARM: self._arm,
            r.UNLOCK: self._unlock,
            r.STROKE_NOW: self._stroke,
            r.CANCEL: self._cancel,
            r.ACK: self._motion.acknowledge,
            r.ENTER_SERVICE: self._service,
            r.SELFTEST: self._selftest,
        }.get(command)
        return action() if action else "unknown-command"

    def _arm(self) -> str:
        nonce = self._nonce
        self._renew_nonce()
        if self._motion.state != r.LOCKED:
            return self._standing()
        if self._grant[8] != 1:
            return "bad-strokes"
        if not 1 <= self._grant[9] <= self._motion.config[4]:
            return "bad-time"
        if not self._mac_fits(nonce):
            return "bad-mac"
        self._motion.arm(self._grant[9])
        self._result = r.ACCEPTED
        return ""

    def _unlock(self) -> str:
        return self._open(False)

    def _stroke(self) -> str:
        return self._open(True) if self._motion.motor else "no-motor"

    def _cancel(self) -> str:
        self._motion.cancel()
        return ""

    def _open(self, with_motor: bool) -> str:
        """One attempt per ARM: an interlock that forbids it uses the grant up."""
        if self._motion.state != r.ARMED:
            return self._standing() or "not-armed"
        word = self._motion.missing()
        if word:
            self._motion.disarm()
            return word
        if not self._motion.unlock(with_motor):
            return "fault"
        self._result = r.RUNNING
        return ""

    def _service(self) -> str:
        """The hatch needs a grant too: only who has the machine key gets here."""
        if self._motion.state != r.ARMED:
            return self._standing() or "not-armed"
        self._motion.service()
        return ""

    def _selftest(self) -> str:
        """Write and read the counters once; nothing moves."""
        kept = self._motion.counters
        if not self._motion.save():
            return "fault"
        read = memory.newest(self._board.load(0), self._board.load(1))
        if read is None or (read.strokes, read.generation) != (kept.strokes, kept.generation):
            self._motion.fail(r.F_MEMORY)
            return "fault"
        return ""

    def _standing(self) -> str:
        """Return the word for a state in which nothing may open, empty for LOCKED and ARMED."""
        state = self._motion.state
        if state in (r.LOCKED, r.ARMED):
            return "busy" if state == r.ARMED else ""
        return {r.ALARM: "alarm", r.SERVICE: "service", r.FAULT: "fault"}.get(state, "busy")

    def _mac_fits(self, nonce: bytes) -> bool:
        message = b"SEAL1" + nonce + _pack(self._grant[:10]) + self._board.unique_id()
        return memory.same(memory.hmac_sha256(self._key, message), _pack(self._grant[16:]))

    def _renew_nonce(self) -> None:
        self._nonce = self._board.random(16)
        self._nonce_ms = self._motion.uptime_ms


def _pack(words: "tuple[int, ...] | list[int]") -> bytes:
    return b"".join([struct.pack(">H", word) for word in words])
