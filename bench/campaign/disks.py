"""A disk that is small and can be filled to the last block: a tmpfs (root only)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

BLOCK = 4096


class SmallDisk:
    """A mounted tmpfs; everything in `folder` lies on it until `unmount`."""

    def __init__(self, folder: Path, size_mb: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "tmpfs", str(folder))

    def fill(self) -> None:
        """Use every free block."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 * BLOCK))
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(BLOCK))

    def free(self) -> None:
        """Give the blocks back."""
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """Let it go, whoever still has files there."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


def can_mount() -> bool:
    """Tell whether this user may mount."""
    return os.geteuid() == 0


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
