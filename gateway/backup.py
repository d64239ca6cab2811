"""Backup: the store, photos and key records on a second disk, while the gateway runs.

Rules kept here:
- The copy is checked, from the bytes of its entries to the signed checkpoint, before it takes
  the place of the older one; a store that lost or changed what the older one holds is refused.
- Photos never change and are copied once; each is compared with the hash that is its name.
- Private keys stay where they are, unless they are asked for and nobody else can read the target.

Layout: `gateway.sqlite`, `photos/`, `keys/`, `gateway.toml`, `backup.json`, perhaps `private/`.
"""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway import files
from gateway.config import GatewayConfig, trusted_keys
from gateway.errors import StoreError
from gateway.register import checking
from gateway.register.keybook import KeyBook
from gateway.stores import copying, sqlite, trees
from gateway.stores.sqlite import FILE
from ledger import codec, tree
from ledger.signers import second

MANIFEST = "backup.json"
_FRESH = ".new"


class Kept(Struct, frozen=True, kw_only=True):
    """A log as a backup holds it; `root` in hexadecimal."""

    origin: str
    size: int
    root: str


class Report(Struct, frozen=True, kw_only=True):
    """What a backup holds; written last, as `backup.json`.

    Args:
        photos: how many there are in all; `copied` of them by this run.
    """

    at_ms: int
    entries: int
    logs: tuple[Kept, ...]
    photos: int
    copied: int


def backup(config: GatewayConfig, config_path: Path, target: Path, with_keys: bool) -> Report:
    """Bring a backup up to date and return what it holds; durable on return.

    Raises:
        StoreError: the disk does not take it, the store is damaged, or it contradicts the
            older backup; that one stands then.
    """
    try:
        files.make_folder(target, 0o700)
        if with_keys:
            _check_private(target)
        logs, entries = _store(config, target)
        copied = _photos(config.state / "photos", target / "photos")
        for record in sorted(config.keys.glob("*.json")):
            _bring(record, target / "keys" / record.name)
        _bring(config_path, target / "gateway.toml")
        if with_keys:
            files.make_folder(target / "private", 0o700)
            for key in _private_files(config):
                files.replace(target / "private" / key.name, key.read_bytes(), 0o600)
        report = Report(
            at_ms=time.time_ns() // 1_000_000,
            entries=entries,
            logs=logs,
            photos=sum(1 for _ in photo_files(target / "photos")),
            copied=copied,
        )
        files.replace(target / MANIFEST, msgspec.json.format(msgspec.json.encode(report)), 0o600)
        return report
    except OSError as error:
        raise StoreError(f"expected to write the backup {target}, found: {error}") from error


def _private_files(config: GatewayConfig) -> list[Path]:
    """Return our private keys that lie in files, the authority of the links among them."""
    signing = [key for key in (config.signer, config.log.signer) if key is not None]
    seconds = [second.path_of(key) for key in signing]
    authority = [config.state / "ca" / name for name in ("ca.key", "ca.pem")]
    return [*signing, config.opener, *(one for one in (*seconds, *authority) if one.exists())]


def read_report(target: Path) -> Report | None:
    """Return what a backup says it holds, None if there is none.

    Raises:
        StoreError: its manifest is damaged.
    """
    try:
        return msgspec.json.decode((target / MANIFEST).read_bytes(), type=Report)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"expected {target / MANIFEST}, found: {error}") from error


def copy_photo(source: Path, target: Path) -> bool:
    """Copy a stored photo, unless it is there; tell whether it was copied.

    Raises:
        StoreError: the file is not the one that its name says.
        OSError: the disk does not take it.
    """
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return False
    data = source.read_bytes()
    if f"{codec.sha256(data)}.age" != source.name:
        raise StoreError(f"expected the photo that {source} is named after, found other bytes")
    files.make_folder(target.parent, 0o700)
    files.replace(target, data, 0o600)
    return True


def photo_files(folder: Path) -> Iterator[Path]:
    """Yield the photo files of a vault's folder."""
    yield from sorted(folder.glob("[0-9a-f][0-9a-f]/[0-9a-f]*.age"))


def _store(config: GatewayConfig, target: Path) -> tuple[tuple[Kept, ...], int]:
    """Copy the store, check the copy, and put it in place of the older one."""
    fresh = target / _FRESH
    shutil.rmtree(fresh, ignore_errors=True)
    copying.copy(config.state, fresh)
    store = sqlite.connect(sqlite.Options(folder=fresh, writable=False))
    try:
        with store.reader() as reader:
            keys = KeyBook(trusted_keys(config)).at(reader)
            checking.check_trees(reader, reader.size(), keys.ring.records())
            _check_older(reader, read_report(target))
            logs = tuple(
                Kept(origin=view.origin, size=view.size, root=view.frontier.root().hex())
                for view in reader.logs()
            )
            entries = reader.size()
    finally:
        store.close()
    (fresh / FILE).replace(target / FILE)
    files.sync_folder(target)
    shutil.rmtree(fresh, ignore_errors=True)
    return logs, entries


def _check_older(reader: trees.LogReader, older: Report | None) -> None:
    """Return if the store still begins with what the older backup holds."""
    for kept in older.logs if older is not None else ():
        view = reader.log(kept.origin)
        if view is None or view.size < kept.size:
            found = "none" if view is None else str(view.size)
        elif tree.root(kept.size, trees.hashes(reader, view)).hex() != kept.root:
            found = "others"
        else:
            continue
        raise StoreError(
            f"expected the {kept.size} entries of {kept.origin} that the backup holds, found "
            f"{found}: keep this backup, see docs/restore.md, and use another folder for new ones"
        )


def _photos(source: Path, target: Path) -> int:
    return sum(
        copy_photo(path, target / path.parent.name / path.name) for path in photo_files(source)
    )


def _bring(source: Path, target: Path) -> None:
    data = source.read_bytes()
    if not target.exists() or target.read_bytes() != data:
        files.replace(target, data, 0o600)


def _check_private(target: Path) -> None:
    mode = stat.S_IMODE(target.stat().st_mode)
    if mode & 0o077:
        raise StoreError(
            f"expected mode 0700 on {target} before private keys go there, found {mode:04o}: run "
            "chmod 700, on a disk that knows owners"
        )
