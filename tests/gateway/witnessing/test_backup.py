"""A backup is whole, checked, without private keys, and never takes the place of a better one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.stores import sqlite
from ledger import codec

ROOT = Path(__file__).resolve().parents[3]
Town = Any


def size_of(folder: Path) -> int:
    store = sqlite.connect(sqlite.Options(folder=folder, writable=False))
    try:
        with store.reader() as reader:
            return reader.size()
    finally:
        store.close()


def add_photo(town: Town, data: bytes) -> Path:
    name = codec.sha256(data)
    path = town.folder / "state" / "photos" / name[:2] / f"{name}.age"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_backup_is_made_while_the_store_is_written(
    town: Town, beats: Callable[[int], None], seal: Callable[..., Any], tmp_path: Path
) -> None:
    target = tmp_path / "disk"
    add_photo(town, b"sealed one")
    beats(300)

    first = seal("backup", target)
    beats(5)
    add_photo(town, b"sealed two")
    with town.store.transaction() as transaction:
        transaction.start_boot()  # an open write transaction is not waited for
        second = seal("backup", target)

    assert first.exit_code == 0 and "300 entries, 1 photos (1 new), checked" in first.output
    assert second.exit_code == 0 and "305 entries, 2 photos (1 new), checked" in second.output
    assert size_of(target) == 305
    manifest = json.loads((target / "backup.json").read_text())
    assert manifest["entries"] == 305 and manifest["logs"][0]["size"] == 305
    assert {one.name for one in target.iterdir()} == {
        "gateway.sqlite", "photos", "keys", "gateway.toml", "backup.json",
    }  # fmt: skip


def test_private_keys_go_only_into_a_private_folder(
    town: Town, beats: Callable[[int], None], seal: Callable[..., Any], tmp_path: Path
) -> None:
    beats(1)
    target = tmp_path / "disk"
    secrets = {(tmp_path / name).read_bytes() for name in ("gw.key", "log.key", "age.key")}

    seal("backup", target)
    without = {path.read_bytes() for path in target.rglob("*") if path.is_file()}
    target.chmod(0o755)
    refused = seal("backup", "--with-keys", target)
    target.chmod(0o700)
    allowed = seal("backup", "--with-keys", target)

    assert not secrets & without
    assert refused.exit_code == 1 and "expected mode 0700" in refused.output
    assert allowed.exit_code == 0
    private = list((target / "private").iterdir())
    assert {path.read_bytes() for path in private} == secrets
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*private, target / "private"))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE entries SET envelope = x'7b7d' WHERE idx = 2", "a row was changed"),
        ("DELETE FROM entries WHERE idx = 4", "found others"),
        ("UPDATE logs SET checkpoint = x'00'", "expected a checkpoint of"),
    ],
)
def test_damaged_store_does_not_take_the_place_of_a_good_backup(
    town: Town,
    beats: Callable[[int], None],
    seal: Callable[..., Any],
    tmp_path: Path,
    sql: str,
    why: str,
) -> None:
    target = tmp_path / "disk"
    beats(5)
    seal("backup", target)
    good = (target / "gateway.sqlite").read_bytes()
    with town.store.transaction() as transaction:
        transaction._tables.run(sql)

    result = seal("backup", target)

    assert result.exit_code == 1 and why in result.output
    assert (target / "gateway.sqlite").read_bytes() == good


def test_rewritten_or_older_store_does_not_take_the_place_of_the_backup(
    town: Town,
    beats: Callable[[int], None],
    seal: Callable[..., Any],
    regrow: Callable[[str], None],
    tmp_path: Path,
) -> None:
    beats(3)
    seal("backup", tmp_path / "early")
    beats(2)
    seal("backup", tmp_path / "disk")
    regrow("UPDATE entries SET envelope = x'7b7d' WHERE idx = 2")
    rewritten = seal("backup", tmp_path / "disk")
    town.store.close()
    (tmp_path / "state" / "gateway.sqlite").unlink()
    shutil.copy(tmp_path / "early" / "gateway.sqlite", tmp_path / "state" / "gateway.sqlite")

    older = seal("backup", tmp_path / "disk")

    assert rewritten.exit_code == 1 and "that the backup holds, found others" in rewritten.output
    assert older.exit_code == 1 and "that the backup holds, found 3" in older.output
    assert size_of(tmp_path / "disk") == 5


def test_photo_that_is_not_what_its_name_says_is_told(
    town: Town, beats: Callable[[int], None], seal: Callable[..., Any], tmp_path: Path
) -> None:
    beats(1)
    add_photo(town, b"sealed").write_bytes(b"spoilt")

    result = seal("backup", tmp_path / "disk")

    assert result.exit_code == 1 and "found other bytes" in result.output


@pytest.mark.slow
def test_backup_goes_on_until_it_is_told_to_end(
    town: Town, beats: Callable[[int], None], seal: Callable[..., Any], tmp_path: Path
) -> None:
    beats(3)
    words = ["backup", "--every", "10", "--config", str(tmp_path / "gateway.toml")]
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", *words, str(tmp_path / "disk")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    beats(2)
    second = process.stdout.readline()
    process.terminate()
    code = process.wait(20)
    process.stdout.close()

    assert "3 entries" in first and "5 entries" in second
    assert code == 0
