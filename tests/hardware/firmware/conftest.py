"""A bench for the firmware: simulated time, pins moved by hand, requests as the agent sends."""

from __future__ import annotations

import hmac
import struct
from typing import Any

import pytest

from hardware import frames
from hardware.firmware import registers as r
from hardware.firmware.controller import Firmware


class Bench:
    """Firmware on a `PinBoard` with simulated time: polled every 5 ms, the bolt follows LOCK."""

    def __init__(self, board: Any, motor: bool = False) -> None:
        self.board = board
        self.motor = motor
        self.bottoms = 0
        self.boot()

    def boot(self) -> None:
        """Power on: a new firmware on the memory as it is."""
        self.firmware = Firmware(self.board, motor=self.motor)
        self.advance(50)

    def advance(self, duration_ms: int) -> None:
        """Let time pass."""
        for _ in range(0, duration_ms, 5):
            self.board.now_ms += 5
            if self.board.follow_lock and self.board.inputs >> r.PRESS_TOP & 1:
                self.board.set(r.BOLT_OUT, not self.board.on(r.LOCK))
            self.firmware.poll()

    def ask(self, pdu: bytes) -> frames.Reply:
        """Send one request to unit 1 and return the parsed reply."""
        _, reply = frames.decode(self.firmware.receive(frames.encode(1, pdu)))
        return frames.parse_reply(pdu, reply)

    def words(self, address: int, count: int, function: int = 4) -> tuple[int, ...]:
        """Read registers."""
        return self.ask(frames.read_request(function, address, count)).values

    def long(self, address: int) -> int:
        """Read two input registers as one number."""
        high, low = self.words(address, 2)
        return high << 16 | low

    @property
    def state(self) -> int:
        return self.words(r.STATE, 1)[0]

    @property
    def strokes(self) -> int:
        return self.long(r.STROKES)

    @property
    def alarms(self) -> set[str]:
        latched = self.words(0x9012, 1)[0]
        return {word for n, word in enumerate(r.ALARMS) if latched >> n & 1}

    @property
    def answer(self) -> tuple[int, str]:
        """The result register and the word of the reject reason."""
        result, reason = self.words(0x9243, 2, function=3)
        return result, r.REASONS[reason]

    def events(self) -> list[tuple[int, int]]:
        """Code and argument of the events in the ring, oldest first."""
        ring = []
        for slot in range(r.EVENT_SLOTS):
            words = self.words(r.EVENTS + 8 * slot, 8)
            number = words[0] << 16 | words[1]
            if number:
                assert words[6] == frames.crc16(struct.pack(">6H", *words[:6]))
                ring.append((number, words[4], words[5]))
        return [(code, argument) for _, code, argument in sorted(ring)]

    def write_grant(
        self,
        *,
        nonce: bytes | None = None,
        strokes: int = 1,
        life_s: int = 5,
        key: bytes | None = None,
    ) -> None:
        """Write job, strokes, life and MAC as the agent does."""
        job = bytes(range(16))
        if nonce is None:
            nonce = struct.pack(">8H", *self.words(r.NONCE, 8))
        terms = job + struct.pack(">HH", strokes, life_s)
        mac = hmac.digest(
            key or self.board.key or bytes(32), b"SEAL1" + nonce + terms + b"SEAL0001", "sha256"
        )
        data = terms + bytes(12) + mac
        reply = self.ask(frames.write_registers(r.GRANT, struct.unpack(">32H", data)))
        assert reply.exception is None

    def command(self, command: int, sequence: int | None = None) -> frames.Reply:
        """Send a command, by default with the next number."""
        if sequence is None:
            sequence = self.words(0x9242, 1, function=3)[0] % 0xFFFF + 1
        return self.ask(frames.write_registers(r.COMMAND, (sequence, command)))

    def open(self) -> None:
        """Grant and unlock; the bolt is in afterwards."""
        self.write_grant()
        self.command(r.ARM)
        self.command(r.UNLOCK)
        self.advance(20)

    def beat(self, value: int) -> None:
        """Write the heartbeat."""
        self.ask(frames.write_register(r.HEARTBEAT, value))

    def press(self) -> None:
        """Push the lever down and let it come back."""
        self.push_down()
        self.let_up()

    def push_down(self) -> None:
        """Push the lever to the bottom."""
        self.board.set(r.PRESS_TOP, 0)
        self.advance(50)
        self.board.set(r.PRESS_BOTTOM, 1)
        self.bottoms += 1
        self.advance(50)

    def let_up(self) -> None:
        """Let the lever return to the top."""
        self.board.set(r.PRESS_BOTTOM, 0)
        self.advance(50)
        self.board.set(r.PRESS_TOP, 1)
        self.advance(50)


@pytest.fixture
def bench(board: Any) -> Bench:
    return Bench(board)


@pytest.fixture
def motor_bench(board: Any) -> Bench:
    return Bench(board, motor=True)
