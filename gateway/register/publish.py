"""Publish: the public log as plain files that any web server, USB stick or mirror can hold.

Rules kept here:
- The checkpoint is the last file written: what it promises lies there already.
- A full tile or bundle is written once; a partial one has its size in its name.
- The files never run ahead of the store: a store that knows less than it published is an old
  backup, and must not sign (`check`).

Layout: `<year>/checkpoint`, `<year>/tile/...` (c2sp.org/tlog-tiles), `<year>/log.vkey`,
`<year>/tlog-policy`, `<year>/checkpoint.witnessed` (the newest one with cosignatures, since the
newest of all may still wait for them), and `keys/` with the key records, which a verifier
compares with those it got by another way.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

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
WITNESSED = "checkpoint.witnessed"
POLICY = "tlog-policy"


class Head(Struct, frozen=True):
    """A log as it was published last; `note` is the checkpoint as it lies there."""

    origin: str
    size: int
    note: bytes


class Publisher:
    """Writes the files of one township's logs; belongs to the publish thread.

    Args:
        folder: the root of the public files.
        record: the key record of the log's key.
        policy: says, for the verifier key of a log, who must cosign it (c2sp.org/tlog-policy).
    """

    def __init__(
        self,
        folder: Path,
        record: KeyRecord,
        policy: Callable[[str], bytes] | None = None,
    ) -> None:
        self._folder, self._record = folder, record
        self._policy = policy or _unwitnessed
        self._published: dict[str, Head] = {}
        self._described: set[str] = set()
        self._witnessed: dict[str, bytes] = {}

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
                found = 0 if view is None else view.size
                raise RollbackError.published(head.origin, head.size, found)
            if tree.root(head.size, trees.hashes(reader, view)) != head.root:
                raise RollbackError.published(head.origin, head.size, view.size)
            self._published[head.origin] = Head(head.origin, head.size, path.read_bytes())

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
            if view.size > self.size(view.origin):
                self._publish(reader, view)
                self._published[view.origin] = Head(view.origin, view.size, view.note)
        self.refresh(reader)

    def refresh(self, reader: Reader) -> None:
        """Put cosigned checkpoints in place of plain ones; nothing else is published.

        Raises:
            OSError: the disk does not take it; what was published before stands.
        """
        for view in reader.logs():
            head = self._published.get(view.origin)
            newest = view.witnessed[0] if view.witnessed else None
            if head is None or newest is None or newest.size > head.size:
                continue
            folder = self._folder_of(view.origin)
            if self._witnessed.get(view.origin) != newest.note:
                files.replace(folder / WITNESSED, newest.note)
                self._witnessed[view.origin] = newest.note
            if newest.size == head.size and newest.note != head.note:
                files.replace(folder / CHECKPOINT, newest.note)
                self._published[view.origin] = Head(view.origin, head.size, newest.note)

    def size(self, origin: str) -> int:
        """Return how many entries of a log are published."""
        head = self._published.get(origin)
        return 0 if head is None else head.size

    def heads(self) -> tuple[Head, ...]:
        """Return what is published of each log, oldest first."""
        return tuple(self._published[origin] for origin in sorted(self._published))

    def _publish(self, reader: Reader, view: LogView) -> None:
        folder = self._folder_of(view.origin)
        old = self.size(view.origin)
        files.replace_all(
            (folder / tile.path, data) for tile, data in _new_files(reader, view, old)
        )
        for tile in (*tiles.tiles_between(old, view.size), *tiles.bundles_between(old, view.size)):
            if tile.width == WIDTH:  # the full one serves for all sizes: the specification allows
                shutil.rmtree(folder / f"{tile.path}.p", ignore_errors=True)
        if view.origin not in self._described:
            vkey = notes.key_of(self._record, view.origin, SignatureType.ED25519).vkey
            files.replace(folder / "log.vkey", f"{vkey}\n".encode())
            files.replace(folder / POLICY, self._policy(vkey))
            self._described.add(view.origin)
        files.replace(folder / CHECKPOINT, view.note)

    def _folder_of(self, origin: str) -> Path:
        return self._folder / origin.rsplit("/", 1)[1]

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


def _unwitnessed(vkey: str) -> bytes:
    return f"log {vkey}\nquorum none\n".encode()


def _new_files(reader: Reader, view: LogView, old: int) -> Iterator[tuple[Tile, bytes]]:
    for tile in tiles.tiles_between(old, view.size):
        data = trees.tile_bytes(reader, view, tile)
        if data is None:
            raise StoreError(f"expected the tile {tile.path} in the store, found less of it")
        yield tile, data
    for bundle in tiles.bundles_between(old, view.size):
        first = view.first + bundle.index * WIDTH
        yield bundle, tiles.encode_bundle(reader.envelopes(first, first + bundle.width))
