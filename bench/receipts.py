"""Receipts: from an entry made to its receipt verified and durable at the machine that made it.

Broker and gateway are the real processes. Each machine is the agent's own journal, uplink and
proofs over its own connection, put together by the agent's wiring; only the loop that drives
them is this one's, without camera and lock. An entry counts from before it is journaled until
its receipt is verified, stored and synced.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from msgspec import Struct

from bench.figures import Machine, percentile, this_machine
from device import config as device_config
from device import wiring
from device.agent import TICK_S, Parts
from hardware.errors import CameraError, LockSilentError
from hardware.interfaces import Controller, Photo
from ledger import topics
from ledger.bus import Message
from ledger.records import Heartbeat
from ledger.topics import Leaf
from sim import clock, township_files, township_plan
from sim.processes import Program
from sim.township_plan import Plan, Village

PER_S = 200.0
WARM_S = 3.0
START_S = 60.0
DEADLINE_S = 30.0
MOST_P99_S = 2.0


class Receipts(Struct, frozen=True, kw_only=True):
    """What was measured, over all machines; `asked_per_s` entries were made each second."""

    machine: Machine
    devices: int
    asked_per_s: float
    made_per_s: float
    entries: int
    p50_s: float
    p99_s: float
    most_s: float
    holds: bool


def measure(devices: int, seconds: float) -> Receipts:
    """Run so many machines in a temporary folder and return the figures."""
    with tempfile.TemporaryDirectory(prefix="seal-receipts-") as name:
        folder = Path(name)
        folder.joinpath("town").mkdir()
        plan = township_plan.make_plan(folder / "town", devices, friendly=False)
        plan.logs.mkdir(parents=True, exist_ok=True)
        township_files.write_gateway(plan)
        for village in plan.villages:
            township_files.write_device_keys(plan, village)
        gateway = Program(
            "gateway", ["-m", "gateway", "run", "--config", str(plan.gateway_config)], plan.logs
        )
        gateway.start()
        try:
            url = gateway.ready(START_S)["broker"]
            tellers = [_Teller(parts_of(plan, village, url)) for village in plan.villages]
            _run(tellers, seconds)
        finally:
            gateway.stop(30.0)
    waits_s = sorted(wait_s for one in tellers for wait_s in one.waits_s())
    p99_s = percentile(waits_s, 99)
    return Receipts(
        machine=this_machine(),
        devices=devices,
        asked_per_s=PER_S,
        made_per_s=len(waits_s) / seconds,
        entries=len(waits_s),
        p50_s=percentile(waits_s, 50),
        p99_s=p99_s,
        most_s=waits_s[-1],
        holds=p99_s <= MOST_P99_S,
    )


class _Teller:
    """One machine: makes entries at an even pace, until each of them has its receipt."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._begun_s: dict[str, float] = {}
        self._proved_s: dict[str, float] = {}
        self._error: Exception | None = None
        self.thread = threading.Thread(target=self._guarded, name=parts.machine, daemon=True)
        self.pace_s = 0.0
        self.begin_s = self.measured_s = self.end_s = 0.0

    def waits_s(self) -> list[float]:
        """Return how long each entry waited that was made while it counted.

        Raises:
            TimeoutError: not all have their receipts.
        """
        if self._error is not None or self.thread.is_alive():
            raise TimeoutError(f"expected receipts for {self._parts.machine}: {self._error}")
        return [
            self._proved_s[sha256] - begun_s
            for sha256, begun_s in self._begun_s.items()
            if begun_s >= self.measured_s
        ]

    def _guarded(self) -> None:
        parts = self._parts
        parts.bus.start(parts.inbox.message, parts.inbox.linked)
        try:
            self._work()
        except Exception as error:
            self._error = error
        finally:
            parts.uplink.close()
            parts.bus.stop()
            parts.recorder.journal.close()

    def _work(self) -> None:
        due_s = self.begin_s
        while True:
            now_s = time.monotonic()
            if due_s <= min(now_s, self.end_s):
                due_s += self.pace_s
                self._make()
            if now_s > self.end_s and not self._unproved():
                return
            if now_s > self.end_s + DEADLINE_S:
                raise TimeoutError(f"{len(self._begun_s) - len(self._proved_s)} have none")
            self._parts.uplink.tick()
            self._hear(min(TICK_S, max(0.001, due_s - time.monotonic())))

    def _make(self) -> None:
        body = Heartbeat(
            state="idle", strokes={}, impressions=0, waiting=0, free_mb=1000, alarms=()
        )
        begun_s = time.monotonic()
        self._begun_s[self._parts.recorder.append(body).sha256] = begun_s

    def _hear(self, within_s: float) -> None:
        parts = self._parts
        if link := parts.inbox.link_changed():
            parts.uplink.link(link.online)
        item = parts.inbox.take(within_s)
        if isinstance(item, Message):
            parts.uplink.receive(item)
            topic = topics.parse(item.topic)
            if topic.leaf is Leaf.RECEIPT:  # one that was not stored is asked for again
                self._proved_s[topic.rest[0]] = time.monotonic()

    def _unproved(self) -> bool:
        journal = self._parts.recorder.journal
        return bool(journal.unproved(journal.head.seq, 1))


def _run(tellers: list[_Teller], seconds: float) -> None:
    begin_s = time.monotonic() + 1.0
    for number, one in enumerate(tellers):
        one.pace_s = len(tellers) / PER_S
        one.begin_s = begin_s + number / PER_S  # spread evenly over the pace
        one.measured_s = begin_s + WARM_S
        one.end_s = one.measured_s + seconds
        one.thread.start()
    for one in tellers:
        one.thread.join(one.end_s + 2 * DEADLINE_S - time.monotonic())


def parts_of(plan: Plan, village: Village, broker_url: str) -> Parts:
    """Return a machine of the plan as the agent's wiring makes it, without lock and camera."""
    offset = plan.device_folder(village) / "clock"
    clock.write_offset_ms(offset, 0)
    nowhere = "http://127.0.0.1:9"  # nothing here reaches for panel, reader or camera
    machine = dict.fromkeys(("serial", "camera", "reader", "control", "machine_key"), nowhere)
    township_files.write_device(plan, village, {**machine, "clock": str(offset)}, broker_url)
    path = plan.device_config(village)
    config = device_config.load(path)
    world = wiring.World(
        controllers={seal.id: _no_controller for seal in config.seal}, camera=_Dark()
    )
    return wiring.build_parts(config, path.read_bytes(), world=world)


def _no_controller() -> Controller:
    raise LockSilentError("expected nobody to ask for the lock")


class _Dark:
    """A camera that nobody looks through."""

    def grab(self) -> Photo:
        raise CameraError("expected nobody to look")

    def close(self) -> None:
        """Nothing is open."""
