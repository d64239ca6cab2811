"""Killing a process at one system call: strace attaches, counts, and sends SIGKILL before it.

Counting is strace's: calls of one kind, thread by thread, from the moment it is attached. The
call at which the signal comes is not executed, so that step n means "after n - 1 steps".
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct, structs

from sim.errors import SimError
from sim.waiting import until

ATTACH_S = 20.0
_RESUMED = re.compile(r"^(\d+)\s+<\.\.\. (\w+) resumed>(.*)$")
_LINE = re.compile(r"^(\d+)\s+(?:[\d.]+\s+)?(\w+)\((\d+)(?:<([^>]*)>)?(.*)$")


class StraceError(SimError):
    """strace could not do its work; it says why."""

    code = "strace"
    hint = "As root: apt-get install strace, and let this user trace processes."


class NoBrokerError(SimError):
    """The gateway has no broker at this moment."""

    code = "no-broker"
    hint = "Read the gateway's log: its broker may just be starting."


class Call(Struct, frozen=True, kw_only=True):
    """One system call on a file: who made it, on what, and the rest of its line."""

    thread: int
    name: str
    path: str
    rest: str


class Strace:
    """One strace attached to a process, all its threads included.

    Args:
        calls: names of the system calls that are looked at.
        inject: strace's `-e inject=` of a fault, "" for none.
    """

    def __init__(self, pid: int, calls: str, log: Path, inject: str = "") -> None:
        self.log = log
        words = ["-f", "-y", "-s", "64", "-o", str(log), "-e", f"trace={calls}"]
        self._said = log.with_suffix(".said")
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                ["strace", *words, *(["-e", f"inject={inject}"] if inject else []), "-p", str(pid)],
                stderr=said,
                process_group=0,
            )
        until("strace to attach", self._attached, ATTACH_S, 0.01)

    def detach(self) -> None:
        """Let the process go; returns at once when it is dead already."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(ATTACH_S)

    def calls(self) -> list[Call]:
        """Return what was seen so far, in order.

        A call that another thread has interrupted stands where it began; a sync stands where it
        ended, too, since only its end tells that it was done.
        """
        found: list[Call] = []
        begun: dict[int, Call] = {}
        for line in self.log.read_text(errors="replace").splitlines():
            if match := _LINE.match(line):
                thread, name, _, path, rest = match.groups()
                call = Call(thread=int(thread), name=name, path=path or "", rest=rest)
                begun[call.thread] = call
                found.append(call)
            elif match := _RESUMED.match(line):
                call = begun[int(match[1])]
                if call.name == match[2] and call.name.endswith("sync"):
                    found.append(structs.replace(call, rest=match[3]))
        return found

    def _attached(self) -> bool:
        said = self._said.read_text(errors="replace")
        if self._process.poll() is not None:
            raise StraceError("to attach", said.strip() or f"it ended: {self._process.returncode}")
        return "attached" in said


def available() -> bool:
    """Tell whether strace is installed."""
    return shutil.which("strace") is not None


def kill_at(pid: int, call: str, n: int, log: Path) -> Strace:
    """Attach and let the process be killed at the n-th of a thread's calls of this kind."""
    return Strace(pid, call, log, f"{call}:signal=KILL:when={n}")


def broker_pid(gateway_pid: int) -> int:
    """Return the process id of a gateway's own broker: its child.

    Raises:
        NoBrokerError: it has none now.
    """
    children = [
        int(child)
        for task in Path(f"/proc/{gateway_pid}/task").iterdir()
        for child in (task / "children").read_text().split()
        if "nats-server" in Path(f"/proc/{child}/cmdline").read_text()
    ]
    if len(children) != 1:
        raise NoBrokerError("one broker under the gateway", str(children))
    return children[0]
