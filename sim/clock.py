"""The wall clock of the simulated host: real time plus the offset that a fault has set.

`seal-sim machine` keeps the offset in a small file whose path is the `clock` of its JSON line;
an agent under simulation reads its wall clock through `[clock] driver = "sim.clock"`. A file,
and not the control address, so that reading the time never waits for another process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from sim.errors import ClockError

# 2017-01-01T00:00:00Z: where machines in the field start with a flat clock battery.
FLAT_BATTERY_MS = 1_483_228_800_000


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`offset_file` is the path printed as `clock` by `seal-sim machine`."""

    offset_file: str


def connect(options: Options) -> Callable[[], int]:
    """Return the clock: UTC milliseconds as the simulated host shows them.

    Raises:
        ClockError: the file is not there or holds no number; the clock raises it too.
    """
    path = Path(options.offset_file)
    read_offset_ms(path)
    return lambda: real_ms() + read_offset_ms(path)


def real_ms() -> int:
    """UTC milliseconds of the real clock."""
    return time.time_ns() // 1_000_000


def read_offset_ms(path: Path) -> int:
    """Return how many milliseconds the simulated host is ahead; negative when behind."""
    try:
        text = path.read_text(encoding="ascii")
        return int(text)
    except (OSError, ValueError) as error:
        raise ClockError(f"whole milliseconds in {path}", str(error)) from error


def write_offset_ms(path: Path, offset_ms: int) -> None:
    """Set the offset in one step, so that no reader sees half a number."""
    part = path.with_suffix(".part")
    part.write_text(f"{offset_ms}\n", encoding="ascii")
    part.replace(path)
