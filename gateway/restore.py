"""Restore: a store with exact indices from a backup and any copies of the public files.

Rules kept here:
- Nothing is put over a store that is there; a marker keeps a half-restored one from being used.
- Every checkpoint at hand must agree with the entries; one that does not ends the restore.
- Nothing is signed, but the first entry of a successor, if that is asked for: a log whose newest
  entries are lost for good is never gone on with, because other entries would take their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog
from msgspec import Struct

from gateway import backup as backups
from gateway import files
from gateway.config import GatewayConfig, log_origin, trusted_keys
from gateway.errors import RestoreError, StoreError
from gateway.register import checking, mirror
from gateway.register.cosignatures import Cosignatures
from gateway.register.keybook import KeyBook
from gateway.register.mirror import MirroredLog, Signed
from gateway.register.publish import WITNESSED
from gateway.register.replay import Replay
from gateway.register.vault import Vault
from gateway.stores import Reader, Store, copying, sqlite, trees
from gateway.stores.sqlite import FILE, MARKER
from gateway.witnesses import configured
from ledger import tree
from ledger.errors import LedgerError, ProofError
from ledger.keys import KeyRing
from ledger.signers import keyfile

log = structlog.get_logger()


class Report(Struct, frozen=True, kw_only=True):
    """What was restored.

    Args:
        entries: how many the store has now; `replayed` of them came from public files.
        logs: origin and size of each log, oldest first.
        photos: how many files came back; `photos_missing` were noted as stored and are not here.
        lists_missing: versions of items lists whose file came after the backup.
    """

    entries: int
    replayed: int
    logs: tuple[tuple[str, int], ...]
    photos: int
    photos_missing: int
    lists_missing: tuple[int, ...]


class Restore:
    """One restore into the state folder of a configuration, step by step.

    Args:
        mirrors: folders of public files; our own is looked at anyway.
    """

    def __init__(
        self, config: GatewayConfig, backup: Path | None, mirrors: tuple[Path, ...]
    ) -> None:
        self.config, self._backup = config, backup
        own = (config.log.public,) if config.log.public.exists() else ()
        self._mirrors = (*mirrors, *own)
        self.ring = _ring(config, backup)
        self._name = log_origin(config, 2000).rpartition("/")[0]

    def begin(self) -> Store:
        """Put the backup into place and open it; from here on a marker says that it is not whole.

        Raises:
            StoreError: a store is there already, or the backup cannot be read.
            LedgerError: the backup contradicts its own checkpoints.
        """
        state = self.config.state
        marker = state / MARKER
        if (state / FILE).exists() and not marker.exists():
            raise RestoreError(
                f"expected no store in {state}, found one: move the folder away and keep it, it "
                "may hold entries that nothing else holds"
            )
        try:
            files.make_folder(state, 0o700)
            files.replace(marker, b"seal-gateway restore has not finished here\n")
            copying.remove(state)
            if self._backup is not None:
                copying.copy(self._backup, state)
        except OSError as error:
            raise StoreError(f"expected a writable folder {state}, found: {error}") from error
        store = sqlite.connect(sqlite.Options(folder=state, restoring=True))
        try:
            with store.reader() as reader:
                checking.check_trees(reader, reader.size(), self.ring.records())
        except BaseException:
            store.close()
            raise
        return store

    def replay(self, store: Store) -> int:
        """Append what the mirrors have beyond the backup; return how many entries.

        Raises:
            LedgerError: checkpoints or entries contradict each other.
        """
        found = [one for folder in self._mirrors for one in self._logs(folder)]
        count = 0
        replayer = Replay(store, self.ring)
        for origin in sorted({one.signed.head.origin for one in found}):
            own = [one for one in found if one.signed.head.origin == origin]
            longest = max(own, key=lambda one: one.signed.head.size)
            with store.reader() as reader:
                view = reader.log(origin)
            if view is None or view.size <= longest.signed.head.size:
                count += replayer.run(longest)
        with store.reader() as reader:
            for one in found:
                _check_agrees(reader, one.signed)
        for signed in self.witnessed(store):
            self._keep(store, signed)
        return count

    def photos(self, store: Store) -> int:
        """Bring the backup's photos back, and note those that survived in the state folder."""
        count = 0
        vault = Vault(self.config.state / "photos", _closed)
        if self._backup is not None:
            for path in backups.photo_files(self._backup / "photos"):
                count += backups.copy_photo(path, vault.path(path.stem))
        with store.transaction() as transaction:
            for photo in (*transaction.pending_photos(), *transaction.missing_specimens()):
                if vault.has(photo.sealed_sha256):
                    transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, photo.named_ms)
        return count

    def report(self, store: Store, replayed: int, photos: int) -> Report:
        """Check the whole store anew and say what is there.

        Raises:
            StoreError: it does not hold what its checkpoints say.
        """
        vault = Vault(self.config.state / "photos", _closed)
        with store.reader() as reader:
            checking.check_trees(reader, reader.size(), self.ring.records())
            return Report(
                entries=reader.size(),
                replayed=replayed,
                logs=tuple((view.origin, view.size) for view in reader.logs()),
                photos=photos,
                photos_missing=sum(not vault.has(one) for one in reader.stored_photos()),
                lists_missing=tuple(
                    one.version for one in reader.lists() if reader.matter_list(one.version) is None
                ),
            )

    def finish(self) -> None:
        """Remove the marker: the store is whole, and the gateway may start."""
        (self.config.state / MARKER).unlink()
        files.sync_folder(self.config.state)

    def witnessed(self, store: Store) -> Iterator[Signed]:
        """Yield the cosigned checkpoints that lie in the store and the mirrors."""
        records = self.ring.records()
        for folder in self._mirrors:
            yield from (one.signed for one in self._logs(folder))
            yield from (mirror.read(path, records) for path in folder.glob(f"*/{WITNESSED}"))
        with store.reader() as reader:
            kept = [(view.origin, one) for view in reader.logs() for one in view.witnessed]
        for origin, one in kept:
            yield mirror.verified(one.note, records, f"the store's log {origin}")

    def _logs(self, folder: Path) -> tuple[MirroredLog, ...]:
        found = mirror.logs(folder, self.ring.records())
        for one in found:
            if one.signed.head.origin.rpartition("/")[0] != self._name:
                raise ProofError(
                    f"expected logs of {self._name} in {folder}, found {one.signed.head.origin}"
                )
        return found

    def _keep(self, store: Store, signed: Signed) -> None:
        """Keep the cosignatures of a checkpoint that the store holds."""
        keys = tuple(one.key for one in configured(self.config.log))
        with store.transaction() as transaction:
            view = transaction.log(signed.head.origin)
            if view is None or signed.head.size > view.size:
                return  # it says that entries are lost: `beyond` finds it
            try:
                Cosignatures(KeyBook(self.ring), keys).keep(transaction, signed.note)
            except LedgerError as error:
                log.warning("cosignatures_left_out", where=signed.where, reason=str(error))


def _ring(config: GatewayConfig, backup: Path | None) -> KeyRing:
    """Return the trusted keys, those of retired machines in the backup included."""
    ring = trusted_keys(config)
    if backup is None or not (backup / "keys").is_dir():
        return ring
    old = keyfile.read_ring(backup / "keys", config.domain).records()
    known = ring.records()
    return KeyRing((*known, *(record for record in old if record not in known)), config.domain)


def _check_agrees(reader: Reader, signed: Signed) -> None:
    """Return if the store holds what a checkpoint says, as far as it goes.

    Raises:
        ProofError: it does not: somebody has signed two histories.
    """
    view = reader.log(signed.head.origin)
    if view is None or view.size < signed.head.size:
        return
    if tree.root(signed.head.size, trees.hashes(reader, view)) != signed.head.root:
        raise ProofError(
            f"expected {signed.where} to agree with the other copies of {signed.head.origin} at "
            f"{signed.head.size}, found another root"
        )


def _closed(_sealed: bytes) -> bytes:
    raise ValueError("a restore opens no photo")
