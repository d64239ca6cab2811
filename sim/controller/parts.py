"""What every simulated controller does, and the memory that outlives its power."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from sim.plant import Output

# Outputs that move something a person could be hurt or deceived by.
MOVING = 1 << Output.LOCK | 1 << Output.PRESS | 1 << Output.PRESS_RETURN | 1 << Output.HATCH


class SimController(Protocol):
    """One controller, wired to a plant. Owned by the machine's lock; time is the plant's."""

    def power_on(self) -> None:
        """Start from reset: outputs off, memory kept."""
        ...

    def power_off(self) -> None:
        """Lose everything but the memory."""
        ...

    def poll(self) -> None:
        """Do what is due at this millisecond."""
        ...

    def receive(self, frame: bytes) -> bytes:
        """Execute a request frame with a good CRC and return the reply, empty for none."""
        ...

    def moves(self, frame: bytes) -> bool:
        """True if executing this frame would switch a moving output on."""
        ...


class Memory:
    """Named bytes that survive a power cut, and the process too when a folder is given."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._cells: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._cells = {path.stem: path.read_bytes() for path in folder.glob("*.cell")}

    def load(self, name: str) -> bytes:
        """Return what was stored last, empty when never written."""
        return self._cells.get(name, b"")

    def store(self, name: str, data: bytes) -> None:
        """Keep `data`; durable on return."""
        self._cells[name] = data
        if self._folder is None:
            return
        whole, part = self._folder / f"{name}.cell", self._folder / f"{name}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(whole)
        _sync_folder(self._folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
