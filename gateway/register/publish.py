"""Publish: the public log as plain files that any web server, USB stick or mirror can hold.

Rules kept here:
- The checkpoint is the last file written: what it promises lies there already.
- A full tile or bundle is written once; a partial one has its size in its name.
- The files never run ahead of the store: a store that knows less than it published is an old
  backup, and must not sign (`check`).

Layout: `<year>/checkpoint`, `<year>/tile/...` (c2sp.org/tlog-tiles), `<year>/log.vkey`, and
`keys/` with the key records, which a verifier compares with those it got by another way.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from gateway import files
from gateway.errors import RollbackError, StoreError
from gateway.stores import Reader, trees
from gateway.stores.trees import LogView
from ledger import checkpoint, codec, notes, tiles, tree
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.messages import KeyRecord
from ledger.notes import SignatureType
from ledger.tiles import WIDTH, Tile

CHECKPOINT = "checkpoint"


class Publisher:
    """Writes the files of one township's logs; belongs to the publish thread.

    Args:
        folder: the root of the public files.
        record: the key record of the log's key.
    """

    def __init__(self, folder: Path, record: KeyRecord) -> None:
        self._folder, self._record = folder, record
        self._published: dict[str, int] = {}

    def check(self, reader: Reader) -> None:
        """Compare what was published with the store; called before anything is signed.

        Raises:
            RollbackError: the store has less than was published, or something else.
            StoreError: a published checkpoint cannot be read.
        """
        known = {view.origin: view for view in reader.logs()}
        for path in sorted(self._folder.glob(f"*/{CHECKPOINT}")):
            head = self._read(path)
            view = known.get(head.origin)
            if view is None or view.size < head.size:
                raise RollbackError(head.origin, head.size, 0 if view is None else view.size)
            if tree.root(head.size, trees.hashes(reader, view)) != head.root:
                raise RollbackError(head.origin, head.size, view.size)
            self._published[head.origin] = head.size

    def publish_keys(self, records: tuple[KeyRecord, ...]) -> None:
        """Write the key records, one file each, named by what they hold."""
        for record in records:
            data = codec.encode_message(record)
            name = f"{record.role}-{record.holder}-{record.epoch}-{codec.sha256(data)[:12]}.json"
            path = self._folder / "keys" / name
            if not path.exists():
                files.replace(path, data)

    def publish(self, reader: Reader) -> None:
        """Write what is new in every log since it was last published.

        Raises:
            OSError: the disk does not take it; what was published before stands.
        """
        for view in reader.logs():
            if view.size > self._published.get(view.origin, 0):
                self._publish(reader, view)
                self._published[view.origin] = view.size

    def size(self, origin: str) -> int:
        """Return how many entries of a log are published."""
        return self._published.get(origin, 0)

    def _publish(self, reader: Reader, view: LogView) -> None:
        folder = self._folder / view.origin.rsplit("/", 1)[1]
        old = self._published.get(view.origin, 0)
        for tile, data in _new_files(reader, view, old):
            files.replace(folder / tile.path, data)
            if tile.width == WIDTH:  # the full one serves for all sizes: the specification allows
                shutil.rmtree(folder / f"{tile.path}.p", ignore_errors=True)
        if old == 0:
            key = notes.key_of(self._record, view.origin, SignatureType.ED25519)
            files.replace(folder / "log.vkey", f"{key.vkey}\n".encode())
        files.replace(folder / CHECKPOINT, view.checkpoint)

    def _read(self, path: Path) -> Checkpoint:
        try:
            raw = path.read_bytes()
            origin = checkpoint.parse(notes.parse(raw).text).origin
            key = notes.key_of(self._record, origin, SignatureType.ED25519)
            return checkpoint.verify(raw, (key,))
        except (OSError, LedgerError) as error:
            raise StoreError(
                f"expected a checkpoint of ours at {path}, found: {error}; move the folder away "
                "and start again, everything is published anew"
            ) from error


def _new_files(reader: Reader, view: LogView, old: int) -> Iterator[tuple[Tile, bytes]]:
    for tile in tiles.tiles_between(old, view.size):
        data = trees.tile_bytes(reader, view, tile)
        if data is None:
            raise StoreError(f"expected the tile {tile.path} in the store, found less of it")
        yield tile, data
    for bundle in tiles.bundles_between(old, view.size):
        first = view.first + bundle.index * WIDTH
        yield bundle, tiles.encode_bundle(reader.envelopes(first, first + bundle.width))
