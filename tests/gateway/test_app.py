"""The app: a part that has ended takes the whole gateway with it, so that it is started again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.app import App
from gateway.commands import RevokePermit
from gateway.config import load
from gateway.errors import StoreError, ThreadEndedError
from gateway.stores import sqlite
from gateway.wiring import load_keys
from gateway.workers import check_threads
from ledger.bus import Message

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DEADLINE_S = 20.0

Town = Any


class FailingBus:
    """A bus that breaks its contract: the link is up, and every publication raises."""

    def start(self, on_message: Callable[[Message], None], on_link: Callable[[bool], None]) -> None:
        on_link(True)

    def subscribe(self, topic_filter: str, qos: int) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        raise RuntimeError("no contract foresees this")

    def done(self, message: Message) -> None: ...

    def stop(self) -> None: ...


def until_ended(app: App) -> str:
    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        try:
            app.check()
        except ThreadEndedError as error:
            return str(error)
        assert time.monotonic() < deadline_s, "the thread works on"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nothing_waits_for_a_writer_that_has_ended(
    desk: Town, write_config: Callable[..., Path]
) -> None:
    desk.store.close()
    config = load(write_config(desk.folder))
    store = sqlite.connect(sqlite.Options(folder=config.state))
    app = App(config, load_keys(config), store, FailingBus())
    app.start()

    said = until_ended(app)
    late = app.submit(RevokePermit(by="chief", permit="p", reason="mistake"))
    began_s = time.monotonic()
    app.stop()

    assert "writer" in said
    assert isinstance(late.exception(DEADLINE_S), StoreError)
    assert time.monotonic() - began_s < 5


def test_threads_that_work_are_left_alone_and_one_that_ended_is_named() -> None:
    over = threading.Event()
    working = threading.Thread(target=over.wait, name="working")
    ended = threading.Thread(target=str, name="ended")
    for thread in (working, ended):
        thread.start()
    ended.join()

    check_threads([working])
    with pytest.raises(ThreadEndedError, match="ended"):
        check_threads([working, ended])

    over.set()
    working.join()


@pytest.mark.slow
def test_process_ends_with_a_clear_line_when_its_writer_dies(
    town: Town, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    town.store.close()
    words = [str(HERE / "dying_gateway.py"), "writer", "run", "--config"]
    words += [str(write_config(tmp_path))]
    with (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            text=True,
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert "console" in json.loads(process.stdout.readline())
        process.stdin.write("now\n")
        process.stdin.close()
        code = process.wait(60)
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()

    words_said = (tmp_path / "err").read_text(encoding="utf-8")
    assert code == 1
    assert "thread-ended: expected the thread writer to work, found it ended" in words_said
    assert "ForeignError" in words_said
