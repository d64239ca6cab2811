"""The running gateway signs twice, its witness by ML-DSA-44; `seal-verify` judges what came out."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger import canonical, cli, notes, policy, tiles
from ledger.notes import SignatureType
from ledger.signers import keyfile
from ledger.signers.keyfile import Kind
from ledger.tiles import Tile

Town = Any
Running = Any
County = Any


@pytest.fixture
def town(make_town: Callable[..., Town], tmp_path: Path) -> Iterator[Town]:
    made = make_town(tmp_path, kind=Kind(second="sm2"))
    yield made
    made.store.close()


@pytest.fixture
def county(town: Town, make_county: Callable[..., County], tmp_path: Path) -> Iterator[County]:
    made = make_county(tmp_path / "county", tmp_path / "log.json", Kind("ml-dsa-44"))
    yield made
    made.stop()


@pytest.mark.slow
def test_heads_have_all_three_lines_and_seal_verify_checks_them(
    start: Callable[[Path], Running],
    until: Any,
    cosigned_size: Any,
    town: Town,
    county: County,
    witnessed_config: Callable[..., Path],
    tmp_path: Path,
) -> None:
    town.store.close()
    gateway = start(witnessed_config(tmp_path, more='quorum = "all"'))
    assert gateway.started, gateway.said()
    for name in ("A", "B"):
        before = cosigned_size(tmp_path / "public", county.key)
        assert gateway.grow(name).exit_code == 0
        until(
            lambda before=before: cosigned_size(tmp_path / "public", county.key) > before,
            "a cosignature",
        )
    assert gateway.end(signal.SIGTERM) == 0

    (year,) = (path for path in (tmp_path / "public").iterdir() if path.name.isdigit())
    head = (year / "checkpoint").read_bytes()
    rules = (year / "tlog-policy").read_bytes()
    result = CliRunner().invoke(
        cli.main,
        ["log", str(tmp_path / "public"), "--keys", str(tmp_path / "trusted"), "--lang", "en",
         "--policy", str(year / "tlog-policy")],
    )  # fmt: skip

    log = keyfile.read_record(tmp_path / "log.json")
    key = notes.key_of(log, head.split(b"\n", 1)[0].decode(), SignatureType.ED25519)
    assert key.second is not None
    assert [line.key_id for line in notes.parse(head).lines] == [
        key.key_id,
        key.second.key_id,
        county.key.key_id,
    ]
    assert policy.verify(policy.parse(rules), head).size == 2
    bundle = (year / Tile(None, 0, 2).path).read_bytes()
    for raw in tiles.decode_bundle(bundle, 2):
        assert len(canonical.decode(raw)["signatures"]) == 2
    assert result.exit_code == 0, result.output
    assert "were not checked" not in result.output and "NOT checked" not in result.output


def test_a_backup_with_keys_holds_the_second_ones_and_without_holds_none(
    town: Town, seal: Callable[..., Any], tmp_path: Path
) -> None:
    names = ["age.key", "gw.key", "gw.sm2.key", "log.key", "log.sm2.key"]
    secrets = {name: (tmp_path / name).read_bytes() for name in names}
    target = tmp_path / "disk"

    assert seal("backup", target).exit_code == 0
    without = {path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert seal("backup", "--with-keys", target).exit_code == 0

    private = {path.name: path.read_bytes() for path in (target / "private").iterdir()}
    assert not without & set(secrets.values())
    assert private == secrets
