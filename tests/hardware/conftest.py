"""Fakes at the outermost seam: pins and memory under the firmware, boards behind a pty."""

from __future__ import annotations

import hashlib
import hmac
import os
import select
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware import Controller, frames
from hardware.firmware import registers as r
from hardware.firmware.controller import Firmware
from hardware.loader import load_controller

KEY = bytes(range(32))
ALL_GOOD = 0xFF & ~(1 << r.PRESS_BOTTOM)


class PowerCutError(BaseException):
    """The test's power switch; nothing in the firmware may catch it."""


class PinBoard:
    """Pins, clock and memory of a controller that a test moves by hand."""

    rest = ALL_GOOD

    def __init__(self) -> None:
        self.now_ms = 0
        self.inputs = ALL_GOOD
        self.outputs = 0
        self.history: list[int] = []
        self.slots = {0: b"", 1: b""}
        self.stores = 0
        self.cut_at_store: int | None = None
        self.torn_bytes: int | None = None
        self.broken_memory = False
        self.current_ma = 0
        self.key = KEY
        self.draws = 0
        self.follow_lock = True

    def millis(self) -> int:
        return self.now_ms & 0xFFFFFFFF

    def read_inputs(self) -> int:
        return self.inputs

    def write_outputs(self, mask: int) -> None:
        self.outputs = mask
        if not self.history or self.history[-1] != mask:
            self.history.append(mask)

    def supply_mv(self) -> int:
        return 12100

    def temperature_x10(self) -> int:
        return 231

    def press_current_ma(self) -> int:
        return self.current_ma

    def load(self, slot: int) -> bytes:
        return self.slots[slot]

    def store(self, slot: int, data: bytes) -> None:
        if self.broken_memory:
            raise OSError("memory does not answer")
        self.stores += 1
        if self.cut_at_store == self.stores:
            if self.torn_bytes is not None:
                kept = self.slots[slot] or bytes(len(data))
                self.slots[slot] = data[: self.torn_bytes] + kept[self.torn_bytes :]
            raise PowerCutError
        self.slots[slot] = data

    def random(self, count: int) -> bytes:
        self.draws += 1
        return hashlib.sha256(self.draws.to_bytes(4, "big")).digest()[:count]

    def unique_id(self) -> bytes:
        return b"SEAL0001"

    def machine_key(self) -> bytes:
        return self.key

    def reset_cause(self) -> int:
        return 1

    def set(self, number: int, value: int) -> None:
        """Set one input."""
        self.inputs = self.inputs | 1 << number if value else self.inputs & ~(1 << number)

    def on(self, coil: int) -> bool:
        """Return whether this output is on."""
        return bool(self.outputs >> coil & 1)


class Bench:
    """Firmware on a `PinBoard` with simulated time: polled every 5 ms, the bolt follows LOCK."""

    def __init__(self, board: PinBoard, motor: bool = False) -> None:
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
        self, *, nonce: bytes | None = None, strokes: int = 1, life_s: int = 5, key: bytes = KEY
    ) -> None:
        """Write job, strokes, life and MAC as the agent does."""
        job = bytes(range(16))
        if nonce is None:
            nonce = struct.pack(">8H", *self.words(r.NONCE, 8))
        terms = job + struct.pack(">HH", strokes, life_s)
        mac = hmac.digest(key, b"SEAL1" + nonce + terms + b"SEAL0001", "sha256")
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
def board() -> PinBoard:
    return PinBoard()


@pytest.fixture
def bench(board: PinBoard) -> Bench:
    return Bench(board)


@pytest.fixture
def motor_bench(board: PinBoard) -> Bench:
    return Bench(board, motor=True)


@pytest.fixture
def power_cut() -> type[PowerCutError]:
    return PowerCutError


class Mechanism:
    """Lock, bolt and lever in real time: the clerk presses a planned number of times."""

    def __init__(self) -> None:
        self.inputs = ALL_GOOD
        self.planned = 0
        self.after_ms = 100  # how long after the bolt is in the clerk begins
        self.impressions = 0
        self.jammed = False
        self._open_ms: int | None = None
        self._press_ms: int | None = None

    def set(self, number: int, value: int) -> None:
        """Set one input."""
        self.inputs = self.inputs | 1 << number if value else self.inputs & ~(1 << number)

    def step(self, now_ms: int, lock_on: bool) -> None:
        """Move on; a stroke takes 520 ms, 120 of them at the bottom."""
        if self._press_ms is None and not self.jammed:
            self.set(r.BOLT_OUT, not lock_on)
        if self.inputs >> r.BOLT_OUT & 1:
            self._open_ms = None
        elif self._open_ms is None:
            self._open_ms = now_ms
        if self._press_ms is None:
            if self.planned and self._open_ms is not None:
                if now_ms - self._open_ms < self.after_ms:
                    return
                self.planned -= 1
                self._press_ms = now_ms
            return
        stroke_ms = now_ms - self._press_ms
        self.set(r.PRESS_TOP, stroke_ms >= 520)
        bottom = 200 <= stroke_ms < 320
        self.impressions += bottom and not self.inputs >> r.PRESS_BOTTOM & 1
        self.set(r.PRESS_BOTTOM, bottom)
        if stroke_ms >= 520:
            self._press_ms = self._open_ms = None


class RelayModel:
    """A relay board of the Waveshare dialect."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self.outputs = 0
        self.until_ms = dict.fromkeys(range(8), 0)
        self.modes = [0] * 8
        self.mode_stuck = False
        self.relay_stuck = False
        self.now_ms = 0

    def poll(self, now_ms: int) -> None:
        self.now_ms = now_ms
        for channel, until_ms in self.until_ms.items():
            if until_ms and now_ms >= until_ms:
                self.until_ms[channel] = 0
                self.outputs &= ~(1 << channel)
        self.mechanism.step(now_ms, bool(self.outputs & 1))

    def receive(self, frame: bytes) -> bytes:
        unit, pdu = frames.decode(frame)
        if unit != 1:
            return b""
        try:
            return frames.encode(1, self._answer(frames.parse_request(pdu), pdu))
        except LookupError:
            return frames.encode(1, frames.exception_reply(pdu[0], frames.ILLEGAL_FUNCTION))

    def _answer(self, request: frames.Request, pdu: bytes) -> bytes:
        function, address = request.function, request.address
        if function in (1, 2) and address + request.count <= 8:
            word = self.outputs if function == 1 else self.mechanism.inputs
            return frames.bits_reply(function, [word >> n & 1 for n in range(request.count)])
        if function == 3 and address == 0x1000:
            return frames.words_reply(3, self.modes[: request.count])
        if function == 0x10 and address == 0x1000:
            if not self.mode_stuck:
                self.modes = list(request.values)
            return frames.write_reply(pdu)
        if function == 5:
            self._switch(address, request.values[0])
            return frames.write_reply(pdu)
        raise LookupError(function)

    def _switch(self, address: int, value: int) -> None:
        if 0x200 <= address < 0x208:
            self.outputs |= 1 << address - 0x200
            self.until_ms[address - 0x200] = self.now_ms + 100 * value
        elif address == 0xFF and value == 0:
            self.outputs = 1 if self.relay_stuck else 0
            self.until_ms = dict.fromkeys(range(8), 0)
        elif address < 8 and value in (0, 0xFF00):
            bit = 1 << address
            self.outputs = self.outputs | bit if value else self.outputs & ~bit
        else:
            raise LookupError(address)


class McuModel:
    """The real firmware on the mechanism."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self.board = PinBoard()
        self.firmware = Firmware(self.board)

    @property
    def outputs(self) -> int:
        return self.board.outputs

    def poll(self, now_ms: int) -> None:
        self.board.now_ms = now_ms
        self.mechanism.step(now_ms, self.board.on(r.LOCK))
        self.board.inputs = self.mechanism.inputs
        self.firmware.poll()

    def receive(self, frame: bytes) -> bytes:
        return self.firmware.receive(frame)

    def restart(self) -> None:
        """Power off and on again at once."""
        self.firmware = Firmware(self.board)


class Bus:
    """A pty with a model behind it, polled every 2 ms on its own thread."""

    def __init__(self, model: RelayModel | McuModel) -> None:
        self.model = model
        self.wire: list[bytes] = []  # every request, as it was heard
        self.spoil: Callable[[bytes, bytes], tuple[bytes, float]] | None = None
        self.deaf_to: Callable[[bytes], bool] | None = None
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._later: list[tuple[float, bytes]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="test-bus")
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the pty."""
        self._stopped.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def sent(self, pdu_start: bytes) -> int:
        """Return how many requests whose PDU starts so were on the wire."""
        return sum(frame[1:].startswith(pdu_start) for frame in self.wire)

    def _run(self) -> None:
        reader = frames.FrameReader()
        while not self._stopped.is_set():
            readable, _, _ = select.select([self._master], [], [], 0.002)
            now_ms = time.monotonic_ns() // 1_000_000
            self.model.poll(now_ms)
            if readable:
                for frame in reader.feed(os.read(self._master, 4096), now_ms):
                    self._hear(frame)
            for due, reply in [late for late in self._later if late[0] <= time.monotonic()]:
                os.write(self._master, reply)
                self._later.remove((due, reply))

    def _hear(self, frame: bytes) -> None:
        self.wire.append(frame)
        if self.deaf_to is not None and self.deaf_to(frame):
            return
        reply, late_s = self.model.receive(frame), 0.0
        if reply and self.spoil is not None:
            reply, late_s = self.spoil(frame, reply)
        if reply:
            self._later.append((time.monotonic() + late_s, reply))


@pytest.fixture
def mechanism() -> Mechanism:
    return Mechanism()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "machine.key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


@pytest.fixture
def relay_bus(mechanism: Mechanism) -> Iterator[Bus]:
    bus = Bus(RelayModel(mechanism))
    yield bus
    bus.stop()


@pytest.fixture
def mcu_bus(mechanism: Mechanism) -> Iterator[Bus]:
    bus = Bus(McuModel(mechanism))
    yield bus
    bus.stop()


@pytest.fixture
def relay(relay_bus: Bus) -> Iterator[Controller]:
    controller = load_controller("relay", {"port": relay_bus.port})
    yield controller
    controller.stop()


@pytest.fixture
def mcu(mcu_bus: Bus, key_file: Path) -> Iterator[Controller]:
    options = {"port": mcu_bus.port, "machine_key": str(key_file)}
    controller = load_controller("mcu", options)
    yield controller
    controller.stop()
