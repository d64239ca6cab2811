"""The key that a profile B controller shares with its machine, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hardware.errors import DriverError

KEY_BYTES: Final = 32


def load_machine_key(path: Path) -> bytes:
    """Return the key in `path`: 32 bytes or 64 hex digits, readable by its owner alone.

    Raises:
        DriverError: no such file, wrong length, or others may read it.
    """
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise DriverError(f"expected the machine key at {path}, found {error}") from error
    if mode & 0o077:
        raise DriverError(f"expected mode 0600 on {path}, found {mode & 0o777:04o}; chmod 600 it")
    if len(data) != KEY_BYTES:
        try:
            data = bytes.fromhex(data.decode("ascii").strip())
        except ValueError:
            data = b""
    if len(data) != KEY_BYTES:
        raise DriverError(f"expected 32 bytes or 64 hex digits in {path}, found another length")
    return data
