"""Fakes at the outermost seam: pins and memory under the firmware, boards behind a pty."""

from __future__ import annotations

import hashlib
import os
import select
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
STROKE_MS = 1100  # of the mechanism on the bus; 400 ms of them at the bottom
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


@pytest.fixture
def board() -> PinBoard:
    return PinBoard()


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
        self.stuck = False  # the lever stays where it is
        self._open_ms: int | None = None
        self._press_ms: int | None = None

    @property
    def is_pressing(self) -> bool:
        """The lever is on its way, or at the bottom."""
        return self._press_ms is not None

    def set(self, number: int, value: int) -> None:
        """Set one input."""
        self.inputs = self.inputs | 1 << number if value else self.inputs & ~(1 << number)

    def step(self, now_ms: int, lock_on: bool) -> None:
        """Move on; a slow stroke, so that a busy computer still sees its bottom."""
        if self.stuck:
            return
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
        self.set(r.PRESS_TOP, stroke_ms >= STROKE_MS)
        bottom = 300 <= stroke_ms < 700
        self.impressions += bottom and not self.inputs >> r.PRESS_BOTTOM & 1
        self.set(r.PRESS_BOTTOM, bottom)
        if stroke_ms >= STROKE_MS:
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


SEEN_MS = 50  # what stands for so long is no flicker
LOOKS = 5


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
        self._looked = threading.Condition()
        self._looks = 0  # how often the model has looked at its inputs
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="test-bus")
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the pty."""
        self._stopped.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def until(self, holds: Callable[[], bool]) -> None:
        """Return once something holds of the model or its mechanism; it is asked at each look."""
        with self._looked:
            assert self._looked.wait_for(holds, timeout=10.0), "it never came"

    def let_see(self, for_ms: int = SEEN_MS) -> None:
        """Return once the model has looked at its inputs again and again for so long."""
        since, begin_s = self._looks, time.monotonic()
        self.until(
            lambda: self._looks - since >= LOOKS and time.monotonic() - begin_s >= for_ms / 1000
        )

    def sent(self, pdu_start: bytes) -> int:
        """Return how many requests whose PDU starts so were on the wire."""
        return sum(frame[1:].startswith(pdu_start) for frame in self.wire)

    def _run(self) -> None:
        reader = frames.FrameReader()
        while not self._stopped.is_set():
            readable, _, _ = select.select([self._master], [], [], 0.002)
            now_ms = time.monotonic_ns() // 1_000_000
            self.model.poll(now_ms)
            with self._looked:
                self._looks += 1
                self._looked.notify_all()
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
    controller = load_controller("relay", {"port": relay_bus.port, "stroke_ms": 1000})
    yield controller
    controller.stop()


@pytest.fixture
def mcu(mcu_bus: Bus, key_file: Path) -> Iterator[Controller]:
    options = {"port": mcu_bus.port, "machine_key": str(key_file)}
    controller = load_controller("mcu", options)
    yield controller
    controller.stop()
