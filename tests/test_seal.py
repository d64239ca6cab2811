"""The front door, tried on a small project of its own: no internet, nothing of ours installed.

The small project builds itself with a backend that waits while a FIFO named `hold` lies beside it,
so that an installation can be met, or killed, in its middle.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEADLINE_S = 60
SECOND_START_S = 0.3

BACKEND = """
import pathlib, zipfile

FILES = {
    "METADATA": "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n",
    "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "RECORD": "",
}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    if pathlib.Path("hold").exists():
        pathlib.Path("held").touch()
        pathlib.Path("hold").read_text()
    path = pathlib.Path(wheel_directory, "small-1-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("small.pth", str(pathlib.Path.cwd()))
        for name, text in FILES.items():
            wheel.writestr(f"small-1.dist-info/{name}", text)
    return path.name
"""

BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'

Start = Callable[..., subprocess.Popen[str]]


def lay_out(folder: Path) -> Path:
    """A checkout with the real front door and nothing else of ours; needs no package at all."""
    folder.mkdir()
    shutil.copy(ROOT / "seal", folder)
    for name in ("uv", "test"):
        (folder / f"requirements-{name}.lock").touch()
    (folder / "requirements.lock").touch()
    (folder / "setup.py").touch()
    (folder / "pyproject.toml").write_text(BUILD_SYSTEM)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "sim").mkdir()
    (folder / "sim" / "__init__.py").touch()
    (folder / "sim" / "__main__.py").write_text("import sys\nprint('demo:', *sys.argv[1:])\n")
    (folder / "pytest.py").write_text("import sys\nprint('pytest:', *sys.argv[1:])\n")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "checkout")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose first start is over; tests leave it as complete as they found it."""
    folder = lay_out(tmp_path_factory.mktemp("front-door") / "checkout")
    subprocess.run([folder / "seal", "test"], check=True, capture_output=True)
    return folder


@pytest.fixture
def start() -> Iterator[Start]:
    """Start ./seal in a process group of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_seal(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [folder / "seal", *arguments],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_seal
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def finish(process: subprocess.Popen[str]) -> str:
    """What the process printed, its exit code after it."""
    output, _ = process.communicate(timeout=DEADLINE_S)
    return f"{output}exit {process.returncode}"


class Life(NamedTuple):
    """What the starts of one checkout printed: the first, one after a change, one elsewhere."""

    first: str
    changed: str
    moved: str


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Start a checkout three times for all tests that look at it."""
    checkout = lay_out(tmp_path_factory.mktemp("life") / "checkout")
    first = ran(checkout, "demo", "--once")
    (checkout / "requirements.lock").write_text("# changed\n")
    changed = ran(checkout, "demo")
    moved = checkout.rename(checkout.with_name("moved"))
    return Life(first, changed, ran(moved, "demo"))


def ran(folder: Path, *arguments: str) -> str:
    """What ./seal printed, its exit code after it."""
    done = subprocess.run(
        [folder / "seal", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return f"{done.stdout}exit {done.returncode}"


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        os.sched_yield()


def tools(folder: Path, *leave_out: str) -> str:
    """A PATH of the ordinary tools alone, but those left out: a computer that lacks them."""
    folder.mkdir()
    for name in (
        *(
            "awk",
            "cat",
            "cksum",
            "cp",
            "cut",
            "date",
            "df",
            "dirname",
            "find",
            "getconf",
            "grep",
            "id",
        ),
        *(
            "mkdir",
            "printf",
            "python3",
            "readlink",
            "rm",
            "sed",
            "sh",
            "stat",
            "tail",
            "tr",
            "uname",
        ),
    ):
        found = sys.executable if name == "python3" else shutil.which(name)
        if found and name not in leave_out:
            (folder / name).write_text(f'#!/bin/sh\nexec "{found}" "$@"\n')
            (folder / name).chmod(0o755)
    return str(folder)


def test_script_is_plain_posix_sh() -> None:
    shell = shutil.which("dash") or "sh"

    result = subprocess.run(
        [shell, "-n", ROOT / "seal"], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")


def test_unknown_verb_is_a_usage_error(checkout: Path, start: Start) -> None:
    output = finish(start(checkout, "sing"))

    assert "usage: ./seal VERB" in output
    assert output.endswith("exit 2")


@pytest.mark.slow
def test_first_start_sets_up_and_says_how_long_each_step_took(life: Life) -> None:
    assert "virtual environment" in life.first
    assert " s\n" in life.first
    assert life.first.endswith("demo: demo --once\nexit 0")


def test_second_start_adds_under_three_tenths_of_a_second(installed: Path, start: Start) -> None:
    took_s = []

    for _ in range(5):
        began = time.monotonic()
        output = finish(start(installed, "demo"))
        took_s.append(time.monotonic() - began)

    assert output == "demo: demo\nexit 0"
    assert min(took_s) < SECOND_START_S


def test_compiled_modules_are_kept_also_where_the_environment_forbids_it(
    installed: Path, start: Start
) -> None:
    kept = installed / "sim" / "__pycache__"
    shutil.rmtree(kept, ignore_errors=True)

    finish(start(installed, "demo", PYTHONDONTWRITEBYTECODE="1"))

    assert list(kept.glob("__init__.*.pyc"))


def test_arguments_keep_their_spaces(installed: Path, start: Start) -> None:
    output = finish(start(installed, "demo", "--photo", "my page.jpg"))

    assert output == "demo: demo --photo my page.jpg\nexit 0"


@pytest.mark.slow
def test_interrupted_installation_is_started_over(checkout: Path, start: Start) -> None:
    os.mkfifo(checkout / "hold")
    first = start(checkout, "demo")
    wait_for(checkout / "held")

    os.killpg(first.pid, signal.SIGKILL)
    (checkout / "hold").unlink()
    output = finish(start(checkout, "demo"))

    assert "the last installation was cut short: starting over" in output
    assert output.endswith("demo: demo\nexit 0")


@pytest.mark.slow
def test_two_starts_at_once_take_turns(checkout: Path, start: Start) -> None:
    os.mkfifo(checkout / "hold")
    first = start(checkout, "demo", "first")
    wait_for(checkout / "held")

    second = start(checkout, "demo", "second")
    assert second.stdout is not None
    waiting = second.stdout.readline()
    (checkout / "hold").write_text("go on")
    first_output, second_output = finish(first), finish(second)

    assert waiting == "another ./seal is setting up .venv: waiting for it\n"
    assert first_output.endswith("demo: demo first\nexit 0")
    assert second_output == "demo: demo second\nexit 0"


@pytest.mark.slow
def test_changed_lock_file_installs_again(life: Life) -> None:
    assert "setting up" in life.changed
    assert "virtual environment" not in life.changed


@pytest.mark.slow
def test_moved_checkout_starts_over(life: Life) -> None:
    assert "this folder or its Python has moved: starting over" in life.moved
    assert life.moved.endswith("demo: demo\nexit 0")


@pytest.mark.slow
def test_failed_installation_says_why_and_where_to_read_more(checkout: Path, start: Start) -> None:
    (checkout / "requirements.lock").write_text(
        "no-such-package==1 --hash=sha256:" + "0" * 64 + "\n"
    )
    (checkout.parent / "wheels").mkdir()

    output = finish(start(checkout, "demo", SEAL_WHEELS=str(checkout.parent / "wheels")))

    assert "no-such-package" in output
    assert f"everything it printed: {checkout}/.venv/install.log" in output
    assert output.endswith("exit 1")


def test_environment_made_by_somebody_else_is_left_alone(checkout: Path, start: Start) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "theirs").touch()

    output = finish(start(checkout, "demo"))

    assert "was not made by ./seal; move it away" in output
    assert (checkout / ".venv" / "theirs").exists()
    assert output.endswith("exit 1")


def test_wheel_folder_that_is_not_there_is_refused(checkout: Path, start: Start) -> None:
    output = finish(start(checkout, "demo", SEAL_WHEELS="/nowhere"))

    assert "SEAL_WHEELS names no folder: /nowhere" in output
    assert output.endswith("exit 1")


def test_missing_python_is_said_with_the_line_to_type(checkout: Path, start: Start) -> None:
    path = tools(checkout.parent / "tools", "python3")

    output = finish(start(checkout, "demo", PATH=path))

    assert "expected Python 3.11 or newer on PATH, found none" in output
    assert "apt-get install python3 python3-venv" in output
    assert output.endswith("exit 1")


def test_suite_without_root_names_what_is_missing_and_goes_on(
    installed: Path, start: Start
) -> None:
    path = tools(installed.parent / "tools-of-a-user", "id")
    (installed.parent / "tools-of-a-user" / "id").write_text("#!/bin/sh\necho 1000\n")
    (installed.parent / "tools-of-a-user" / "id").chmod(0o755)

    output = finish(start(installed, "test", "-x", PATH=path))

    assert "apt-get install -y --no-install-recommends chromium" in output
    assert "strace" in output
    assert output.endswith(" -x\nexit 0")


def test_check_runs_every_tool_even_after_one_failed(installed: Path, start: Start) -> None:
    for name, code in (("ruff", 1), ("mypy", 0), ("lint-imports", 0)):
        tool = installed / ".venv" / "bin" / name
        tool.write_text(f'#!/bin/sh\necho "ran {name} $*"\nexit {code}\n')
        tool.chmod(0o755)

    output = finish(start(installed, "check"))

    ran = [line for line in output.splitlines() if line.startswith("ran ")]
    assert ran == [
        "ran ruff format --check .",
        "ran ruff check .",
        "ran mypy device gateway hardware ledger sim vision",
        "ran lint-imports ",
    ]
    assert "not clean: ruff format --check .; ruff check ." in output
    assert output.endswith("exit 1")


def test_doctor_describes_the_computer(installed: Path, start: Start) -> None:
    output = finish(start(installed, "doctor"))

    for subject in ("computer", "Python", "free disk", "clock", "chromium", "serial ports"):
        assert subject in output
    assert output.endswith("exit 0")


def test_doctor_marks_a_missing_python_as_bad(checkout: Path, start: Start) -> None:
    path = tools(checkout.parent / "tools", "python3")

    output = finish(start(checkout, "doctor", PATH=path))

    assert "BAD  Python" in output
    assert output.endswith("exit 1")


def test_doctor_marks_a_clock_without_battery_as_bad(installed: Path, start: Start) -> None:
    path = tools(installed.parent / "tools-of-1970", "date")
    date = installed.parent / "tools-of-1970" / "date"
    date.write_text('#!/bin/sh\n[ "$1" = +%s ] && echo 42 || echo 1970-01-01\n')
    date.chmod(0o755)

    output = finish(start(installed, "doctor", PATH=path))

    assert "BAD  clock" in output
    assert "BAD  Python" not in output
    assert output.endswith("exit 1")
