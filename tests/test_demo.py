"""The demo as a newcomer starts it: the whole play, Ctrl-C while it serves, Ctrl-C at once."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sim.demo_texts import EN
from sim.waiting import until

ROOT = Path(__file__).resolve().parents[1]
DEMO = [sys.executable, "-m", "sim", "demo"]
PLAY_S = 400.0  # the play takes under 90 s on an idle computer with two cores
STEPS = {
    "started-machines",
    "started-gateway",
    "started-lists",
    "started-kiosks",
    "filed",
    "approved",
    "stamped-two",
    "acknowledged",
    "forbidden",
    "off-list",
    "power-approved",
    "power-open",
    "power-pressed",
    "power-second",
    "hold-approved",
    "hold-held",
    "hold-released",
    "network-approved",
    "network-cut",
    "network-stamped",
    "network-queued",
    "network-back",
    "books-pending",
    "books-proved",
    "books-public",
    "books-village",
}

pytestmark = pytest.mark.slow


def started_from(folder: Path) -> list[str]:
    """Return the command lines of all processes that name a path below `folder`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def environment(folder: Path) -> dict[str, str]:
    """Let temporary folders lie below `folder`, so that leftovers are found there."""
    return {**os.environ, "TMPDIR": str(folder)}


def test_once_plays_everything_and_leaves_nothing_behind(tmp_path: Path) -> None:
    results, place = tmp_path / "results.json", tmp_path / "temporary"
    place.mkdir()

    done = subprocess.run(
        [*DEMO, "--once", "--json", str(results)],
        cwd=ROOT,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=PLAY_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(results.read_text(encoding="utf-8"))
    assert found["ok"] is True
    assert {step["name"] for step in found["steps"] if step["ok"]} == STEPS
    assert all(step["ok"] is not False and step["seconds"] >= 0 for step in found["steps"])
    assert len(found["books"]) == 3
    for book in found["books"]:
        assert book["presses"] == book["uses"] + book["counted"] == book["stored"] > 0
    assert started_from(place) == []
    assert list(place.iterdir()) == []


class Terminal:
    """A demo on a terminal of its own, read until it says something."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self.said = ""

    def read_until(self, text: str, within_s: float) -> None:
        """Read on until `text` was said."""
        deadline = time.monotonic() + within_s
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            assert self._read(), f"ended before {text!r}: {self.said}"

    def press_ctrl_c(self) -> int:
        """Press Ctrl-C and return the exit code."""
        os.write(self._master, b"\x03")
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 1.0)
        if ready:
            try:
                said = os.read(self._master, 65536)
            except OSError:  # the other end is closed
                return False
            self.said += said.decode("utf-8", "replace")
        return True


# Takes the terminal on stdin for its own, so that Ctrl-C there reaches it; then becomes the demo.
OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@contextmanager
def terminal(place: Path, *arguments: str) -> Iterator[Terminal]:
    """Start a demo as the foreground program of a new terminal."""
    place.mkdir()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *DEMO[1:], *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=environment(place),
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


class Served(NamedTuple):
    """What a demo did that served until Ctrl-C, with a torn picture as its photo."""

    said: str
    code: int
    serving: list[str]
    place: Path
    steps: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Play and serve once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("served")
    place, results, photo = folder / "temporary", folder / "results.json", folder / "torn.jpg"
    photo.write_bytes(b"this was a picture once")

    with terminal(place, "--villages", "1", "--photo", str(photo), "--json", str(results)) as demo:
        demo.read_until(EN["ctrl-c"], PLAY_S)
        serving = started_from(place)
        code = demo.press_ctrl_c()

    steps = json.loads(results.read_text(encoding="utf-8"))["steps"]
    return Served(demo.said, code, serving, place, {step["name"]: step for step in steps})


def test_on_a_terminal_it_serves_and_says_where(served: Served) -> None:
    assert len(served.serving) >= 3, "an agent, a simulator and a gateway serve"
    assert served.said.count("http://127.0.0.1:") == 3
    assert "approver / " in served.said


def test_ctrl_c_while_it_serves_ends_with_0_and_leaves_nothing(served: Served) -> None:
    assert served.code == 0, served.said
    assert started_from(served.place) == []
    assert list(served.place.iterdir()) == []


def test_what_is_no_picture_is_told_and_the_play_goes_on(served: Served) -> None:
    assert served.steps["photo-refused"]["ok"] is True
    assert "camera" in served.steps["photo-refused"]["en"].lower()
    assert served.steps["filed"]["ok"] is True
    assert served.steps["books-village"]["ok"] is True


def test_ctrl_c_in_the_middle_stops_everything(tmp_path: Path) -> None:
    place = tmp_path / "temporary"

    with terminal(place, "--villages", "1") as demo:
        demo.read_until("✓", PLAY_S)
        code = demo.press_ctrl_c()

    assert code == 1, demo.said
    assert EN["interrupted"] in demo.said
    assert EN["stopped"] in demo.said
    assert started_from(place) == []
    assert list(place.iterdir()) == []


def test_a_killed_demo_leaves_no_process(tmp_path: Path) -> None:
    place = tmp_path / "temporary"

    with terminal(place, "--villages", "1") as demo:
        demo.read_until("✓", PLAY_S)
        demo.process.kill()
        demo.process.wait()

    until("the end of all that it had started", lambda: not started_from(place), 30.0)


def test_results_that_cannot_be_written_are_a_mistake_at_once() -> None:
    done = subprocess.run(
        [*DEMO, "--once", "--json", "/no/such/folder/results.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "/no/such/folder/results.json" in done.stderr
