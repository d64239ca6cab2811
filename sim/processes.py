"""One program as an operating system process in a process group of its own.

Rules kept here:
- A program dies with whoever started it (the kernel sends it SIGTERM), so nothing outlives us.
  The kernel looks at the thread that started it: start programs on one that lives on.
- Its temporary files lie beside its log: killed, it leaves nothing in a folder that is not ours.
- Its first line on stdout is one JSON object, which says where it can be reached; stdout and
  stderr go to files, so that no full pipe ever stops it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from sim.errors import SimError
from sim.waiting import until

LAST_LINES = 8
LONGEST_LINE = 400

# Asks the kernel for SIGTERM at the parent's death (PR_SET_PDEATHSIG = 1), then becomes the
# program. A preexec_fn would run Python between fork and exec of a threaded program.
_LAUNCH = """
import ctypes, os, signal, sys
if ctypes.CDLL(None).prctl(1, signal.SIGTERM) or os.getppid() != int(sys.argv[1]):
    sys.exit("the starter is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""
_ROOT = Path(__file__).resolve().parent.parent
_FOREIGN = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "seal_config")


class ProgramError(SimError):
    """A program ended, or did not begin; `program` names it, `words` is what it said last."""

    code: ClassVar[str] = "program"
    hint: ClassVar[str] = "Read its log."

    def __init__(self, program: Program, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.program = program.name
        self.words = program.last_words()
        self.log = program.log


class Program:
    """Starts, watches and ends one program; all methods belong to one thread.

    Args:
        name: for messages and its files.
        arguments: of the Python interpreter that runs it, such as `-m device run`.
        logs: an existing folder for what it says, and for its temporary files.
    """

    def __init__(self, name: str, arguments: Sequence[str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._temporary = logs
        self._out = logs / f"{name}.out"
        self._arguments = [str(one) for one in arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and return at once; see `ready`."""
        assert not self.running, f"{self.name} runs already"
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]
        with self._out.open("wb") as out, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launch, sys.executable, "-P", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=_environment(self._temporary),
                process_group=0,  # Ctrl-C goes to us alone, who stop everything in order
            )

    def ready(self, within_s: float) -> dict[str, Any]:
        """Return the JSON object of its first line.

        Raises:
            ProgramError: it ended before, or said nothing in time.
        """
        try:
            line = until(f"the first line of {self.name}", self._first_line, within_s, 0.02)
            answer = json.loads(line)
        except (SimError, ValueError) as error:
            if isinstance(error, ProgramError):
                raise
            raise ProgramError(self, "a JSON line with its addresses", str(error)) from error
        assert isinstance(answer, dict)
        return answer

    def check(self) -> None:
        """Return if it runs.

        Raises:
            ProgramError: it has ended, or was never started.
        """
        if not self.running:
            code = self._process.returncode if self._process else None
            raise ProgramError(self, f"{self.name} running", f"it ended with {code}")

    def ended_well(self) -> None:
        """Return if it has ended by itself, with exit code 0.

        Raises:
            ProgramError: it runs, or ended otherwise.
        """
        code = self._process.poll() if self._process else None
        if code != 0:
            found = "it runs" if code is None else f"it ended with {code}"
            raise ProgramError(self, f"{self.name} ended with 0", found)

    def kill(self) -> None:
        """SIGKILL to its whole group; it is gone on return."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def ask_to_stop(self) -> None:
        """SIGTERM; returns at once."""
        if self.running and self._process is not None:
            self._process.terminate()

    def stop(self, within_s: float) -> int | None:
        """End it: SIGTERM, then SIGKILL to its group; return its exit code, None if never run."""
        if self._process is None:
            return None
        self.ask_to_stop()
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.returncode
        return code

    def last_words(self) -> list[str]:
        """Return the last lines of its log."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_LINES * LONGEST_LINE))
            lines = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
            return [line[:LONGEST_LINE] for line in lines]
        return []

    def _first_line(self) -> str | None:
        text = self._out.read_text(encoding="utf-8", errors="replace")
        if "\n" in text:
            return text.partition("\n")[0]
        self.check()
        return None

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def stop_all(programs: Sequence[Program], within_s: float) -> None:
    """End several programs at once; all are gone on return."""
    for program in programs:
        program.ask_to_stop()
    deadline_s = time.monotonic() + within_s
    for program in programs:
        program.stop(max(0.0, deadline_s - time.monotonic()))


def _environment(temporary: Path) -> dict[str, str]:
    """Return our environment, in which programs find this very project and no proxy."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in _FOREIGN}
    paths = [str(_ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(temporary.absolute())}
