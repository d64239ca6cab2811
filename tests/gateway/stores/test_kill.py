"""A writer that is killed at any moment has lost nothing that it acknowledged."""

from __future__ import annotations

import base64
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.stores import sqlite
from ledger import codec, envelope
from ledger.topics import Leaf, Topic

SCRIPT = Path(__file__).with_name("writer_process.py")
ROOT = Path(__file__).resolve().parents[3]
TOWNSHIP = "330109110000"


class Victim:
    """The writer's process, with what it acknowledged so far."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            text=True,
        )
        self.acked: list[tuple[int, str]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def feed(self, lines: list[str]) -> None:
        assert self.process.stdin is not None
        try:
            for line in lines:
                self.process.stdin.write(line + "\n")
                self.process.stdin.flush()
        except BrokenPipeError:
            return

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                _, seq, head = line.split()
                self.acked.append((int(seq), head))


@pytest.mark.slow
def test_killed_writer_has_lost_nothing_acknowledged(
    tmp_path: Path, make_town: Callable[..., Any], write_config: Callable[..., Path]
) -> None:
    town = make_town(tmp_path, ("m-1",))
    town.store.close()
    shutil.rmtree(tmp_path / "state")
    config = write_config(tmp_path, ("m-1",))
    machine = town.machines["m-1"]
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    topic = str(Topic(TOWNSHIP, "m-1", Leaf.ENTRY))
    raws = [machine.beat() for _ in range(600)]
    acked_ever: dict[int, str] = {}

    for _ in range(6):
        victim = Victim(config)
        start = max(acked_ever, default=0)
        lines = [
            " ".join(f"{topic}={base64.b64encode(raw).decode()}" for raw in raws[at : at + 3])
            for at in range(start, len(raws), 3)
        ]
        feeder = threading.Thread(target=victim.feed, args=(lines,))
        feeder.start()
        wanted = chance.randint(1, 30)
        while len(victim.acked) < wanted and victim.process.poll() is None:
            feeder.join(0.002)
        victim.kill()
        feeder.join()
        acked_ever.update(dict(victim.acked))

        store = sqlite.connect(sqlite.Options(folder=tmp_path / "state"))
        with store.reader() as reader:
            stored = [one.envelope for one in reader.all_entries()]
        before = store.derived()
        store.rebuild()
        assert store.derived() == before
        store.close()
        hashes = [codec.sha256(envelope.parse(raw).payload) for raw in stored]
        assert stored == raws[: len(stored)]
        assert len(stored) >= max(acked_ever)
        assert all(hashes[seq - 1] == head for seq, head in acked_ever.items())
    assert len(acked_ever) > 6
