"""Vault: photo files, named by the hash of their encrypted bytes, encrypted at rest.

A file gets its name only after everything about it was checked, and is durable with its name
before anybody is told. It is decrypted for each look and compared with its entry again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from gateway import files
from gateway.errors import StoreError
from gateway.stores.views import PhotoView
from ledger import codec

LARGEST = 32 * 1024 * 1024  # bytes of one encrypted photo; a 20 MP JPEG has less than half


class PhotoMismatchError(Exception):
    """A file is not the one that its entry names; `sealed` says which of its hashes differs."""

    def __init__(self, sealed: bool, message: str) -> None:
        super().__init__(message)
        self.sealed = sealed


class Vault:
    """The folder of stored photos; any thread may read, the photo thread adds what
    machines send, the writer adds specimens of seals, and it alone removes.

    Args:
        opener: decrypts what was encrypted to the township; raises ValueError.
    """

    def __init__(self, folder: Path, opener: Callable[[bytes], bytes]) -> None:
        self._folder = folder
        self._opener = opener

    def path(self, sealed_sha256: str) -> Path:
        """Return where a stored photo lies."""
        return self._folder / sealed_sha256[:2] / f"{sealed_sha256}.age"

    def has(self, sealed_sha256: str) -> bool:
        """Tell whether a file is here under this name."""
        return self.path(sealed_sha256).is_file()

    def add(self, file: Path, photo: PhotoView) -> None:
        """Check a complete file and move it here; durable on return.

        Raises:
            PhotoMismatchError: it is not this photo; the file stays where it is.
            OSError: the disk does not take it.
        """
        data = file.read_bytes()
        self._opened(data, photo)
        target = self.path(photo.sealed_sha256)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
        file.replace(target)
        for folder in (target.parent, self._folder):
            files.sync_folder(folder)

    def put(self, sealed_sha256: str, sealed: bytes) -> None:
        """Keep an encrypted picture that the gateway itself has made; durable on return.

        Raises:
            StoreError: the disk does not take it.
        """
        try:
            target = self.path(sealed_sha256)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.replace(target, sealed, 0o600)
            files.sync_folder(self._folder)
        except OSError as error:
            raise StoreError(f"expected to keep a specimen: {error}") from error

    def remove(self, sealed_sha256: str) -> None:
        """Erase a file, if it is here; durable on return.

        Raises:
            OSError: the disk does not let go of it.
        """
        path = self.path(sealed_sha256)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            files.sync_folder(path.parent)

    def open(self, photo: PhotoView) -> bytes:
        """Return the JPEG of a stored photo.

        Raises:
            StoreError: the file is missing or damaged.
        """
        path = self.path(photo.sealed_sha256)
        try:
            return self._opened(path.read_bytes(), photo)
        except OSError as error:
            raise StoreError(f"expected the photo {path}: {error.strerror}") from error
        except PhotoMismatchError as error:
            raise StoreError(f"{path}: {error}: restore it from the backup") from error

    def _opened(self, data: bytes, photo: PhotoView) -> bytes:
        """Return the JPEG inside; the sealed bytes are compared before they are decrypted."""
        if (len(data), codec.sha256(data)) != (photo.sealed_size, photo.sealed_sha256):
            raise PhotoMismatchError(
                True,
                f"expected {photo.sealed_size} bytes with hash {photo.sealed_sha256}, found "
                f"{len(data)} with {codec.sha256(data)}",
            )
        try:
            inner = self._opener(data)
        except ValueError as error:
            raise PhotoMismatchError(False, f"expected a file encrypted to us: {error}") from error
        if (len(inner), hashlib.sha256(inner).hexdigest()) != (photo.size, photo.sha256):
            raise PhotoMismatchError(
                False,
                f"expected a photo of {photo.size} bytes with hash {photo.sha256} inside, found "
                f"{len(inner)} with {hashlib.sha256(inner).hexdigest()}",
            )
        return inner
