"""Publish: the public log as plain files that any web server, USB stick or mirror can hold.

Rules kept here:
- The checkpoint is the last file written: what it promises lies there already.
- A full tile or bundle is written once; a partial one has its size in its name.
- The files never run ahead of the store: a store that knows less than it published is an old
  backup, and must not sign (`check`).

Layout: `<year>/checkpoint`, `<year>/tile/...` (c2sp.org/tlog-tiles), `<year>/log.vkey`,
`<year>/tlog-policy`, `<year>/checkpoint.witnessed` (the newest one with cosignatures, since the
newest of all may still wait for them), and `keys/` with the key records and their `index`, which
a verifier compares with those it got by another way.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from gateway import files
from gateway.errors import RollbackError, StoreError
from gateway.register.keybook import KeyBook
from gateway.stores import Reader, trees
from gateway.stores.trees import LogView
from ledger import codec, mirror, notes, tiles, tree
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError
from ledger.logterms import LogTerms
from ledger.messages import KeyRecord
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
        keys: says which key of the log may sign what.
        policy: says, for the verifier key of a log, who must cosign it (c2sp.org/tlog-policy).
    """

    def __init__(
        self,
        folder: Path,
        keys: KeyBook,
        policy: Callable[[str], bytes] | None = None,
    ) -> None:
        self._folder, self._keys = folder, keys
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
        log_terms = self._keys.at(reader).log_terms
        for path in sorted(self._folder.glob(f"*/{CHECKPOINT}")):
            head = _read(path, log_terms)
            view = known.get(head.origin)
            if view is None or view.size < head.size:
                found = 0 if view is None else view.size
                raise RollbackError.published(head.origin, head.size, found)
            if tree.root(head.size, trees.hashes(reader, view)) != head.root:
                raise RollbackError.published(head.origin, head.size, view.size)
            self._published[head.origin] = Head(head.origin, head.size, path.read_bytes())

    def publish_keys(self, records: tuple[KeyRecord, ...]) -> None:
        """Write the key records, one file each, named by what they hold, and then their index.

        A web server cannot be asked for a list: `keys/index` holds the names, one a line.
        """
        folder = self._folder / "keys"
        for record in records:
            data = codec.encode_message(record)
            name = f"{record.role}-{record.holder}-{record.epoch}-{codec.sha256(data)[:12]}.json"
            path = folder / name
            if not path.exists():
                files.replace(path, data)
        names = sorted(path.name for path in folder.glob("*.json"))
        files.replace(folder / mirror.INDEX, "".join(f"{name}\n" for name in names).encode())

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

    def rewrite(self) -> None:
        """Write the newest checkpoint as it stands once more, with a new date.

        Raises:
            OSError: the disk does not take it.
        """
        for head in self.heads()[-1:]:
            files.replace(self._folder_of(head.origin) / CHECKPOINT, head.note)

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
            vkey = self._vkey(reader, view)
            files.replace(folder / "log.vkey", f"{vkey}\n".encode())
            files.replace(folder / POLICY, self._policy(vkey))
            self._described.add(view.origin)
        files.replace(folder / CHECKPOINT, view.note)

    def _folder_of(self, origin: str) -> Path:
        return self._folder / origin.rsplit("/", 1)[1]

    def _vkey(self, reader: Reader, view: LogView) -> str:
        """Return the verifier key of the newest checkpoint of a log."""
        found = self._keys.at(reader).log_terms.keys(view.origin, view.size)
        ids = {line.key_id for line in notes.parse(view.note).lines if line.name == view.origin}
        return next(key.vkey for key in found if key.key_id in ids)


def _read(path: Path, log_terms: LogTerms) -> Checkpoint:
    try:
        return log_terms.verify(path.read_bytes())
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
