"""What happened on the line and in the plant, in order: kept briefly, and written to a file.

Each line of the file is one JSON object with `at_ms` (the plant's clock), `monotonic_ns` (the
computer's, the same for every process on it) and `kind`. Kinds of the line: `rx` is a request
as it arrived, `tx` a reply as it left, both with `hex`; a request with `lost` was not executed,
and a reply names the `fault` that spoilt or withheld it. The other kinds are those of
`sim.plant.Happening`, and `fault`, `card`, `paper`, `start`, `stop`.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import BinaryIO

import msgspec

Fact = bool | int | float | str | None
KEPT = 200


class Trace:
    """Numbers and keeps events. Not thread-safe: the machine's lock guards it."""

    def __init__(self, path: Path | None) -> None:
        self._file: BinaryIO | None = path.open("ab") if path is not None else None
        self._recent: deque[dict[str, Fact]] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, kind: str, at_ms: int, monotonic_ns: int, **facts: Fact) -> None:
        """Append one event; it is in the operating system's hands on return."""
        self._count += 1
        event: dict[str, Fact] = {
            "n": self._count,
            "at_ms": at_ms,
            "monotonic_ns": monotonic_ns,
            "kind": kind,
            **facts,
        }
        self._recent.append(event)
        if self._file is not None:
            self._file.write(msgspec.json.encode(event) + b"\n")
            self._file.flush()

    def recent(self, after: int = 0) -> list[dict[str, Fact]]:
        """The last events whose number `n` is over `after`, oldest first; at most KEPT."""
        missed = max(0, min(self._count - after, len(self._recent)))
        return list(self._recent)[len(self._recent) - missed :]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
