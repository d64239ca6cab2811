"""The eyes within the gateway: its own threads see what waits, and end when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.app import App
from gateway.config import load
from gateway.stores import sqlite
from gateway.wiring import load_keys
from ledger.bus import Message
from sim.waiting import until

DEADLINE_S = 60.0

Eyes = Any


class SilentBus:
    """A bus on which nobody ever says anything."""

    def start(self, on_message: Callable[[Message], None], on_link: Callable[[bool], None]) -> None:
        on_link(True)

    def subscribe(self, topic_filter: str, qos: int) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        return True

    def done(self, message: Message) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture
def config_path(eyes: Eyes, write_config: Callable[..., Path]) -> Path:
    """A configuration without eyes over a store in which one use waits, with damaged photos."""
    eyes.entry, _ = eyes.use(b"no picture", b"nor this")
    eyes.town.store.close()
    return write_config(eyes.town.folder)


def test_gateway_looks_at_what_waited_while_it_was_down(eyes: Eyes, config_path: Path) -> None:
    words = config_path.read_text(encoding="utf-8").replace("on = false", "on = true")
    config_path.write_text(words, encoding="utf-8")
    config = load(config_path)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    app = App(config, load_keys(config), store, SilentBus())

    def failed() -> str | None:
        app.check()
        with app.reader() as reader:
            found = reader.sight(eyes.entry)
        return None if found is None else found.failed

    app.start()
    try:
        said = until("the use to be looked at", failed, DEADLINE_S)
    finally:
        app.stop()

    assert said == "damaged-photo"


def test_gateway_without_eyes_leaves_uses_waiting(eyes: Eyes, config_path: Path) -> None:
    config = load(config_path)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    app = App(config, load_keys(config), store, SilentBus())

    app.start()
    app.check()
    with app.reader() as reader:
        waiting = reader.sights_waiting(10)
    running = {thread.name for thread in threading.enumerate()}
    app.stop()

    assert [name for name, _ in waiting] == [eyes.entry]
    assert "writer" in running and "eyes" not in running
