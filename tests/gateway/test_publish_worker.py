"""The publish thread writes a checkpoint that stands anew, so that its date shows it alive."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.publish_worker import EVERY_S, IDLE_S, PublishWorker
from gateway.register.keybook import KeyBook
from gateway.register.publish import Head, Publisher
from sim.bus import SimBroker
from tests.gateway.conftest import Town

TOWNSHIP = "330109110000"
LONG_AGO_S = 1_000_000_000
ROUNDS = 2  # publications after a turn of the clock, so that one has begun after it


class Idle:
    """A publish thread whose idle time a test turns; a file's date tells who wrote it."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.now_s = 0.0
        self._rounds = threading.Semaphore(0)
        publisher = Publisher(folder, KeyBook(town.ring))
        self.worker = PublishWorker(
            town.store, SimBroker(seed=1).bus("gw-1"), publisher, TOWNSHIP, self._told,
            lambda: self.now_s,
        )  # fmt: skip
        self._thread = threading.Thread(target=self.worker.run, name="publish")
        self._thread.start()
        self.after_rounds()
        (self.checkpoint,) = folder.glob("*/checkpoint")

    def after_rounds(self) -> None:
        """Return after some more publications."""
        for _ in range(ROUNDS):
            assert self._rounds.acquire(timeout=20 * EVERY_S)

    def rewritten(self, after_s: float) -> bool:
        """Turn the clock; tell whether the checkpoint was written then, with the same content."""
        before = self.checkpoint.read_bytes()
        os.utime(self.checkpoint, (LONG_AGO_S, LONG_AGO_S))
        self.now_s += after_s
        self.after_rounds()
        assert self.checkpoint.read_bytes() == before
        return self.checkpoint.stat().st_mtime != LONG_AGO_S

    def stop(self) -> None:
        """End the thread."""
        self.worker.stop()
        self._thread.join(20)

    def _told(self, heads: tuple[Head, ...]) -> None:
        self._rounds.release()


@pytest.fixture
def idle(town: Town, tmp_path: Path) -> Iterator[Idle]:
    """A thread that has published the first entries."""
    town.release("code,name,verdict\nA-1,建房,可以\n")
    made = Idle(town, tmp_path / "public")
    yield made
    made.stop()


@pytest.mark.slow
def test_checkpoint_is_written_anew_every_ten_minutes_of_silence_alone(idle: Idle) -> None:
    found = [idle.rewritten(after_s) for after_s in (IDLE_S - 1, 1, 1, IDLE_S - 1)]

    assert IDLE_S == 600
    assert found == [False, True, False, True]
