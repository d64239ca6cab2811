"""The broker comes back by itself after its disk was full, with nobody to start it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.broker_rate import bare_qos1_rate
from bench.campaign.disks import SmallDisk, can_mount
from gateway.broker import Broker, Options
from gateway.broker_config import User

PASSWORD = "p" * 24


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if not can_mount():
        pytest.skip("needs root, to mount a small disk")
    made = SmallDisk(tmp_path / "disk", 60)
    yield made
    made.unmount()


@pytest.mark.slow
def test_messages_flow_again_once_the_full_disk_has_room(disk: SmallDisk) -> None:
    users = (User(name="all", password=PASSWORD),)
    broker = Broker(Options(state_dir=disk.folder / "broker", users=users))
    broker.start()
    try:
        disk.fill()
        with pytest.raises(RuntimeError):
            bare_qos1_rate(broker.url, 10, 6000, "all", PASSWORD)
        while_full = broker.poll(), broker.pid
        disk.free()

        assert broker.poll()

        assert while_full[0], "a full disk alone must not end it"
        assert broker.pid != while_full[1]
        assert bare_qos1_rate(broker.url, 100, 600, "all", PASSWORD) > 1
    finally:
        broker.stop()
