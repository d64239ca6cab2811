"""A program as a process: its first line, its end, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.processes import Program, ProgramError

SERVING = "import time; print('{\"at\": 1}', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SERVING
Start = Callable[[str], Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a program from its source."""
    started: list[Program] = []

    def run(source: str) -> Program:
        program = Program(f"program-{len(started)}", ["-c", source], tmp_path)
        started.append(program)
        program.start()
        return program

    yield run
    for program in started:
        program.kill()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_its_first_line_is_returned(start: Start) -> None:
    program = start(SERVING)

    assert program.ready(20) == {"at": 1}
    assert program.running


def test_a_program_that_ends_before_it_is_ready_says_its_last_words(start: Start) -> None:
    program = start("import sys; sys.exit('no room here')")

    with pytest.raises(ProgramError) as caught:
        program.ready(20)

    assert caught.value.program == program.name
    assert caught.value.words[-1] == "no room here"
    assert caught.value.log == program.log


def test_a_first_line_that_is_no_json_is_refused(start: Start) -> None:
    program = start(SERVING.replace('{\\"at\\": 1}', "hello").replace('{"at": 1}', "hello"))

    with pytest.raises(ProgramError, match="JSON line"):
        program.ready(20)


def test_a_program_that_says_nothing_is_overdue(start: Start) -> None:
    program = start("import time; time.sleep(60)")

    with pytest.raises(ProgramError, match="within"):
        program.ready(0.2)


def test_stop_ends_it_in_order(start: Start) -> None:
    program = start(SERVING)
    program.ready(20)

    assert program.stop(10) == -signal.SIGTERM
    assert not program.running


def test_a_program_that_ignores_sigterm_is_killed(start: Start) -> None:
    program = start(STUBBORN)
    program.ready(20)

    assert program.stop(0.2) == -signal.SIGKILL


def test_killing_takes_its_whole_group(start: Start) -> None:
    source = "import subprocess; child = subprocess.Popen(['sleep', '60']); " + SERVING.replace(
        "'{\"at\": 1}'", "'{\"child\": %d}' % child.pid"
    )
    program = start(source)
    child = program.ready(20)["child"]

    program.kill()

    assert gone(child)


def test_it_runs_in_a_process_group_of_its_own(start: Start) -> None:
    program = start(SERVING)
    program.ready(20)

    assert program.pid is not None
    assert os.getpgid(program.pid) == program.pid != os.getpgid(0)


def test_check_names_a_program_that_has_ended(start: Start) -> None:
    program = start("import sys; sys.exit(3)")
    deadline = time.monotonic() + 20
    while program.running and time.monotonic() < deadline:
        time.sleep(0.02)

    with pytest.raises(ProgramError, match="it ended with 3"):
        program.check()


def test_it_dies_with_whoever_started_it(tmp_path: Path) -> None:
    starter = (
        "import sys, time; from pathlib import Path; from sim.processes import Program\n"
        f"program = Program('inner', ['-c', {SERVING!r}], Path({str(tmp_path)!r}))\n"
        "program.start(); program.ready(20); print(program.pid, flush=True); time.sleep(60)"
    )
    outer = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert outer.stdout is not None
    inner = int(outer.stdout.readline())
    assert is_alive(inner)

    outer.kill()
    outer.communicate()

    assert gone(inner)


def test_what_a_killed_program_leaves_lies_beside_its_log(start: Start) -> None:
    program = start(
        "import json, tempfile, time; at = tempfile.mkdtemp(); "
        "print(json.dumps({'at': at}), flush=True); time.sleep(60)"
    )

    left = Path(program.ready(20)["at"])
    program.kill()

    assert left.is_dir()
    assert left.parent == program.log.parent


def test_no_proxy_of_the_environment_reaches_a_program(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    monkeypatch.setenv("SEAL_CONFIG", "/elsewhere.toml")
    seen = "import json, os, time; print(json.dumps(dict(os.environ)), flush=True); time.sleep(60)"

    environment = start(seen).ready(20)

    assert not {"HTTP_PROXY", "SEAL_CONFIG"} & set(environment)
