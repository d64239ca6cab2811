"""Erasing: values and photos go once a `done` entry that names them is written, never before.

Rules kept here:
- Values go in the very transaction of the entry; what names the files that must go stays.
- Files go after the commit. A crash in between, a full disk or an old backup put back leaves
  files that an entry says are gone: they go at the next start or tick.
- An erased opening or photo that is sent again is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import structlog

from gateway.register.vault import Vault
from gateway.stores import Store, Transaction
from ledger.records_retention import What

log = structlog.get_logger()


def erase(transaction: Transaction, targets: Iterable[str], what: What, now_ms: int) -> None:
    """Erase the values of entries, and note which files must go after the commit.

    With the opening of a request go its page photos, which nothing else names.
    """
    for target in targets:
        for photo in transaction.photos(target):
            if what != "opening" or photo.role == "page":
                transaction.erase_photo(photo.sealed_sha256, photo.sealed_size, now_ms)
        if what != "photos":
            transaction.erase_opening(target, now_ms)


class Eraser:
    """Removes the files of erased photos; belongs to the thread that writes the store.

    Args:
        incoming: where partial files lie, one folder for each machine.
    """

    def __init__(self, store: Store, vault: Vault, incoming: Path) -> None:
        self._store, self._vault, self._incoming = store, vault, incoming

    def again(self, now_ms: int) -> None:
        """Erase once more what entries say is erased and what still lies here; at the start.

        Raises:
            StoreError: the store cannot be read or written.
            OSError: a file cannot be removed.
        """
        with self._store.reader() as reader:
            left = reader.left_over()
            files = [one for one in reader.all_erased_files() if self._vault.has(one)]
        if left:
            log.warning("erased_values_found_again", erasures=len(left))
            with self._store.transaction() as transaction:
                for view in left:
                    erase(transaction, view.targets, view.what, now_ms)
        for name in files:
            self._remove(name)
        self.finish()

    def finish(self) -> None:
        """Remove the files that must go; durable on return.

        Raises:
            StoreError: the store cannot be read or written.
            OSError: a file cannot be removed; it is tried again at the next call.
        """
        with self._store.reader() as reader:
            names = reader.erased_files()
        if not names:
            return
        for name in names:
            self._remove(name)
        with self._store.transaction() as transaction:
            transaction.photos_unlinked(names)
        log.info("photo_files_erased", count=len(names))

    def _remove(self, name: str) -> None:
        self._vault.remove(name)
        for part in self._incoming.glob(f"*/{name}.part"):
            part.unlink(missing_ok=True)
