"""A witness with an ML-DSA-44 key, and a log with a second key: asked, remembered, refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import ConfigError
from gateway.witness import config as witness_config
from ledger import checkpoint, growth, keys, notes
from ledger.growth import Growth
from ledger.notes import Note, SignatureType
from ledger.signers import keyfile
from ledger.signers.keyfile import Kind

Log = Any
Watcher = Any
Make = Callable[..., Any]


def test_a_witness_cosigns_with_ml_dsa_and_remembers_it(
    tmp_path: Path, log: Log, make_watcher: Make, names_cosigner: Callable[..., bool]
) -> None:
    watcher = make_watcher(tmp_path / "w", log, Kind("ml-dsa-44"))
    log.grow(3)
    first = watcher.ask(log.request(0))
    log.grow(200)
    watcher.restart()

    status, body = watcher.ask(log.request(3))

    assert first[0] == status == 200
    assert watcher.key.type is SignatureType.ML_DSA_44
    assert names_cosigner(log.note(), body, watcher.key)
    assert len(notes.parse_lines(body.decode())[0].signature) == 8 + 2420
    assert watcher.ask(log.request(0)) == (409, b"203\n")


def test_a_fork_is_seen_and_kept_whatever_the_witness_signs_with(
    tmp_path: Path, log: Log, make_watcher: Make, make_log: Make
) -> None:
    watcher = make_watcher(tmp_path / "w", log, Kind("ml-dsa-44"))
    log.grow(5)
    watcher.ask(log.request(0))
    other = make_log(log.record_path.parent)
    other.grow(5, word="another")

    status, _ = watcher.ask(other.request(5))

    assert status == 422
    assert [one.kind for one in watcher.memory.evidence().values()] == ["fork"]


def test_a_log_that_signs_twice_is_cosigned_with_both_lines_kept(
    tmp_path: Path, make_log: Make, make_watcher: Make
) -> None:
    log = make_log(tmp_path / "twice", kind=Kind(second="sm2"))
    watcher = make_watcher(tmp_path / "w", log)
    log.grow(3)

    status, _ = watcher.ask(log.request(0))

    kept = notes.parse(watcher.memory.notes()[0])
    assert status == 200
    assert [line.name for line in kept.lines] == [log.origin, log.origin, watcher.key.name]


def test_a_head_whose_second_line_was_taken_away_is_not_cosigned(
    tmp_path: Path, make_log: Make, make_watcher: Make
) -> None:
    log = make_log(tmp_path / "twice", kind=Kind(second="sm2"))
    watcher = make_watcher(tmp_path / "w", log)
    log.grow(3)
    note = notes.parse(log.note())
    stripped = notes.encode(Note(note.text, note.lines[:1]))

    status, body = watcher.ask(growth.encode(Growth(0, (), stripped)))

    assert status == 403
    assert b"expected a second signature of" in body


def test_keygen_makes_an_ml_dsa_witness(tmp_path: Path) -> None:
    words = ["witness-keygen", "--id", "county", "--name", "w.example/county", "--alg", "ml-dsa-44"]
    words += ["--township", "330109000000", "--domain", "sim", "--out", str(tmp_path)]

    result = CliRunner().invoke(main, words)

    assert result.exit_code == 0, result.output
    key = notes.parse_vkey((tmp_path / "county-1-witness.vkey").read_text().strip())
    signer = keyfile.load(tmp_path / "witness.key", tmp_path / "county-1-witness.json")
    assert key.type is SignatureType.ML_DSA_44
    assert key.public_key == keys.public_bytes(signer.record)
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600


def test_a_witness_without_the_extra_says_so_at_its_start(
    tmp_path: Path, make_log: Make, write_witness: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = make_log(tmp_path / "twice", kind=Kind(second="sm2"))
    config = witness_config.load(write_witness(tmp_path / "w", log))
    witness_config.watched(config)

    monkeypatch.setitem(sys.modules, "gmalg", None)  # what an import finds without the extra

    with pytest.raises(ConfigError, match=r"SM2 key of gw-1.*sealkeeper\[sm\]"):
        witness_config.watched(config)


def test_the_cosignature_of_a_twice_signed_head_is_added_to_it(
    tmp_path: Path, make_log: Make, make_watcher: Make
) -> None:
    log = make_log(tmp_path / "twice", kind=Kind(second="sm2"))
    watcher = make_watcher(tmp_path / "w", log, Kind("ml-dsa-44"))
    log.grow(9)
    _, body = watcher.ask(log.request(0))

    raw = checkpoint.add_cosignatures(log.note(), body, (watcher.key,))

    own = notes.key_of(log.signer.record, log.origin, SignatureType.ED25519)
    assert checkpoint.verify(raw, (own,)).size == 9
    assert [one.key for one in checkpoint.verify_cosignatures(raw, (watcher.key,))] == [watcher.key]
