"""References: copies of the approved pages, encrypted to this device alone.

The page under the camera must be the page that was approved; photos for the township cannot be
opened here, so a copy for the device itself is kept until the request has ended.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyrage
import structlog

from device.errors import JournalError
from device.leaves import Leaves
from ledger.errors import LedgerError
from ledger.signers.keyfile import write_durable

_BEFORE = "before"  # no hash: one sheet is kept, of the newest press

log = structlog.get_logger()


class References:
    """Reference copies in a folder, named by the hash of the page's JPEG."""

    def __init__(self, folder: Path, identity: pyrage.x25519.Identity) -> None:
        self._folder = folder
        self._identity = identity

    @property
    def recipient(self) -> str:
        """The age recipient to which others encrypt what this device alone reads."""
        return str(self._identity.to_public())

    def keep(self, jpeg: bytes) -> str:
        """Keep a page, durable on return, and return its hash.

        Raises:
            JournalError: the disk refused.
        """
        sha256 = hashlib.sha256(jpeg).hexdigest()
        path = self._folder / sha256
        try:
            if not path.exists():
                sealed = pyrage.encrypt(jpeg, [self._identity.to_public()])
                path.with_suffix(".part").unlink(missing_ok=True)
                write_durable(path.with_suffix(".part"), sealed, 0o600)
                path.with_suffix(".part").rename(path)
        except OSError as error:
            raise JournalError(f"expected room for a page in {self._folder}: {error}") from error
        return sha256

    def keep_before(self, jpeg: bytes) -> None:
        """Keep the sheet as it lies before a press, durable on return, in place of the last one.

        Raises:
            JournalError: the disk refused.
        """
        try:
            sealed = pyrage.encrypt(jpeg, [self._identity.to_public()])
            write_durable(self._folder / _BEFORE, sealed, 0o600, replace=True)
        except OSError as error:
            raise JournalError(f"expected room for a page in {self._folder}: {error}") from error

    def before(self, sha256: str) -> bytes:
        """Return the JPEG of the sheet before the newest press, b"" if it is another one."""
        return self._read(_BEFORE, sha256)

    def load(self, sha256: str) -> bytes:
        """Return the JPEG of a page, b"" if it is not here or damaged; the log says so."""
        jpeg = self._read(sha256, sha256)
        if not jpeg:
            log.error("reference_page_unreadable", page=sha256, folder=str(self._folder))
        return jpeg

    def leaves(self, pages: list[str]) -> Leaves:
        """Return the approved pages of a request, which are read at the first look."""
        return Leaves(self.load, pages)

    def _read(self, name: str, sha256: str) -> bytes:
        try:
            jpeg: bytes = pyrage.decrypt((self._folder / name).read_bytes(), [self._identity])
        except (OSError, pyrage.DecryptError, LedgerError):
            return b""
        return jpeg if hashlib.sha256(jpeg).hexdigest() == sha256 else b""

    def prune(self, wanted: set[str], before_s: float) -> None:
        """Erase every copy not wanted that is older than a time (seconds since 1970)."""
        for path in self._folder.glob("*"):
            if path.name not in wanted and path.stat().st_mtime < before_s:
                path.unlink(missing_ok=True)
