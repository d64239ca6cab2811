"""What measurements share: the computer, its load, percentiles, and work in other processes."""

from __future__ import annotations

import multiprocessing
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Machine(Struct, frozen=True, kw_only=True):
    """The computer of a measurement; `load` is its load average of the last minute."""

    processor: str
    cores: int
    memory_mb: int
    python: str
    load: float


def this_machine() -> Machine:
    """Return what this computer is and how busy it is now."""
    return Machine(
        processor=_field("/proc/cpuinfo", "model name") or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 1),
    )


def peak_memory_mb() -> int:
    """Return the most memory that this program has held, in MB.

    Of the program alone: `ru_maxrss` of getrusage(2) begins at what the parent held at the fork.
    """
    return int(_field("/proc/self/status", "VmHWM").split()[0]) // 1024


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of ascending figures: the smallest that so many do not exceed."""
    place = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(place) - 1)]


def elsewhere(
    processes: int, work: Callable[..., T], arguments: tuple[object, ...] = ()
) -> list[T]:
    """Do the same in so many new processes at once and return what each of them found."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return pool.starmap(work, [arguments] * processes, chunksize=1)


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
