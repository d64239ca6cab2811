"""References: copies of the approved pages, encrypted to this device alone.

The page under the camera must be the page that was approved; photos for the township cannot be
opened here, so a copy for the device itself is kept until the request has ended.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyrage
from msgspec import structs

from device import verdicts
from device.capture import Capture, Taken
from device.errors import JournalError, PermitRefusedError
from ledger.errors import LedgerError
from ledger.signers.keyfile import write_durable

STAMPED = "sheet-stamped"  # the sheet that was stamped just before still lies there


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

    def load(self, sha256: str) -> bytes:
        """Return the JPEG of a page, b"" if it is not here or damaged."""
        try:
            jpeg: bytes = pyrage.decrypt((self._folder / sha256).read_bytes(), [self._identity])
        except (OSError, pyrage.DecryptError, LedgerError):
            return b""
        return jpeg if hashlib.sha256(jpeg).hexdigest() == sha256 else b""

    def find(self, capture: Capture, pages: list[str], stamped: bytes) -> tuple[Taken, bytes]:
        """Photograph the page and return the photo with the approved page that it shows.

        The photo's findings say besides (`STAMPED`) whether this is still the sheet of `stamped`.

        Args:
            stamped: JPEG of the sheet after the impression before this one, or b"".

        Raises:
            PermitRefusedError: no copy of an approved page is left to compare with.
        """
        known = [jpeg for sha256 in pages if (jpeg := self.load(sha256))]
        if not known:
            raise PermitRefusedError("page-unknown", "expected the approved page, found no copy")
        taken, page = capture.find(known)
        if stamped and verdicts.same_sheet(stamped, taken.jpeg):
            taken = structs.replace(taken, findings=(*taken.findings, STAMPED))
        return taken, page

    def prune(self, wanted: set[str], before_s: float) -> None:
        """Erase every copy not wanted that is older than a time (seconds since 1970)."""
        for path in self._folder.glob("*"):
            if path.name not in wanted and path.stat().st_mtime < before_s:
                path.unlink(missing_ok=True)
