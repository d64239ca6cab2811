"""`seal-sim machine` as a process of its own, used as a script would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from hardware.controller import mcu, relay
from hardware.interfaces import Controller
from sim.cli import cli
from tests import plain_http

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., tuple[subprocess.Popen[str], dict[str, str]]]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts the command and reads its JSON line."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sim", "machine", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return process, json.loads(line) if line else {}

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_one_line_then_serving_until_a_signal_then_nothing_left(
    start: Start, tmp_path: Path, ending: signal.Signals
) -> None:
    process, addresses = start("--profile", "A", "--seed", "3")

    assert {"serial", "camera", "reader", "control"} <= set(addresses)
    assert httpx.get(f"{addresses['control']}/state").json()["seed"] == 3

    process.send_signal(ending)
    rest, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert rest == ""
    assert list(tmp_path.iterdir()) == []


def test_a_stamp_through_serial_and_control_alone(start: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    _, addresses = start("--profile", "A", "--seed", "3", "--trace", str(trace))
    control = plain_http.client(addresses["control"], timeout=20)
    driver = relay.connect(relay.Options(port=addresses["serial"]))
    driver.start()

    driver.grant(bytes(16), 3.0)
    stroke = _press(control)
    driver.stop()

    state = control.get("/state").json()
    kinds = [json.loads(line)["kind"] for line in trace.read_text("utf-8").splitlines()]
    assert stroke == {"down": True, "presses": 1, "impressions": 1}
    assert state["presses"] == 1
    assert kinds.count("press") == 1
    control.close()


def test_the_lock_closes_by_itself_when_the_agent_is_killed(start: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    _, addresses = start("--profile", "A", "--seed", "3", "--trace", str(trace))
    agent = subprocess.Popen(
        [sys.executable, "-c", _AGENT, addresses["serial"]],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert agent.stdout is not None
    assert agent.stdout.readline() == "open\n"
    agent.kill()
    agent.communicate()

    with plain_http.client(addresses["control"]) as control:
        deadline = time.monotonic() + 5
        while not control.get("/state").json()["bolt_out"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    events: list[dict[str, Any]] = [json.loads(line) for line in trace.read_text().splitlines()]
    (grant,) = (event for event in events if event.get("moves"))
    locked = [event for event in events if event["kind"] == "bolt" and event["is"]][-1]
    assert locked["at_ms"] - grant["at_ms"] <= 1000 + 200


def test_profile_b_remembers_its_strokes_and_its_key_in_the_next_process(
    start: Start, tmp_path: Path
) -> None:
    state, key = tmp_path / "state", tmp_path / "b.key"
    arguments = ("--profile", "B", "--seed", "3", "--state", str(state), "--machine-key", str(key))
    first, addresses = start(*arguments)
    driver = _connect_b(addresses)
    driver.grant(bytes(16), 3.0)
    with plain_http.client(addresses["control"], timeout=20) as control:
        assert _press(control)["presses"] == 1
    driver.stop()
    first.terminate()
    first.communicate(timeout=20)

    _, addresses = start(*arguments)

    again = _connect_b(addresses)
    assert again.read().strokes == 1
    assert addresses["machine_key"] == str(key)
    again.stop()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--photo", "no-such.jpg"), "no-such.jpg"),
        (("--board", "no-such"), "waveshare-d"),
        (("--trace", "/no/such/folder/trace"), "/no/such/folder"),
    ],
)
def test_what_cannot_be_simulated_ends_with_usage(
    start: Start, arguments: tuple[str, str], told: str
) -> None:
    process, addresses = start("--profile", "A", "--seed", "1", *arguments)
    _, errors = process.communicate(timeout=20)

    assert addresses == {}
    assert process.returncode == 2
    assert told in errors
    assert "Traceback" not in errors


def test_help_names_the_commands_without_loading_them() -> None:
    shown = CliRunner().invoke(cli, ["--help"])

    assert shown.exit_code == 0
    assert "machine" in shown.output


_AGENT = """
import sys, time
from hardware.controller import relay
driver = relay.connect(relay.Options(port=sys.argv[1]))
driver.start()
driver.grant(bytes(16), 1.0)
while driver.read().inputs.bolt_out:
    pass
print("open", flush=True)
time.sleep(60)
"""


def _connect_b(addresses: dict[str, str]) -> Controller:
    options = mcu.Options(port=addresses["serial"], machine_key=addresses["machine_key"])
    driver = mcu.connect(options)
    driver.start()
    return driver


def _press(control: httpx.Client) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stroke: dict[str, Any] = control.post("/lever").json()
        if stroke["down"]:
            return {key: stroke[key] for key in ("down", "presses", "impressions")}
    raise AssertionError("the lever never went down")
