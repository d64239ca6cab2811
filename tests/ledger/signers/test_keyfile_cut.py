"""Key files after a run that was cut: taken up, never overwritten, never half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.errors import UnknownKeyError
from ledger.signers import keyfile

HOLDER: dict[str, Any] = {
    "holder": "m-1",
    "role": "device",
    "township": "420625103000",
    "epoch": 1,
    "domain": "sim",
}


@pytest.mark.parametrize("complete", [keyfile.complete, keyfile.complete_opener])
def test_cut_between_key_and_record_goes_on_with_the_key(tmp_path: Path, complete: Any) -> None:
    key, record = tmp_path / "k", tmp_path / "k.json"
    first = complete(key, record, **HOLDER)
    secret = key.read_bytes()
    record.unlink()

    second = complete(key, record, **HOLDER)
    third = complete(key, record, **HOLDER)

    assert first == second == third
    assert key.read_bytes() == secret
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("complete", [keyfile.complete, keyfile.complete_opener])
def test_key_of_another_holder_or_epoch_is_not_taken_up(tmp_path: Path, complete: Any) -> None:
    complete(tmp_path / "k", tmp_path / "k.json", **HOLDER)

    with pytest.raises(UnknownKeyError, match="another folder"):
        complete(tmp_path / "k", tmp_path / "k.json", **{**HOLDER, "epoch": 2})


@pytest.mark.parametrize("complete", [keyfile.complete, keyfile.complete_opener])
def test_record_of_another_key_is_refused(tmp_path: Path, complete: Any) -> None:
    complete(tmp_path / "a", tmp_path / "a.json", **HOLDER)
    complete(tmp_path / "b", tmp_path / "b.json", **HOLDER)

    with pytest.raises(UnknownKeyError):
        complete(tmp_path / "a", tmp_path / "b.json", **HOLDER)


def test_open_key_is_not_taken_up(tmp_path: Path) -> None:
    keyfile.complete(tmp_path / "k", tmp_path / "k.json", **HOLDER)
    (tmp_path / "k").chmod(0o640)

    with pytest.raises(UnknownKeyError, match="0600"):
        keyfile.complete(tmp_path / "k", tmp_path / "k.json", **HOLDER)


def test_draft_of_a_write_that_was_cut_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".k.new").write_bytes(b"half")
    (tmp_path / ".k.new").chmod(0o666)

    keyfile.write_durable(tmp_path / "k", b"whole", keyfile.PRIVATE)

    assert (tmp_path / "k").read_bytes() == b"whole"
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_file_that_is_there_is_replaced_only_when_asked_to(tmp_path: Path) -> None:
    keyfile.write_durable(tmp_path / "k", b"first")

    with pytest.raises(FileExistsError):
        keyfile.write_durable(tmp_path / "k", b"second")
    kept = (tmp_path / "k").read_bytes()
    keyfile.write_durable(tmp_path / "k", b"third", replace=True)

    assert kept == b"first"
    assert (tmp_path / "k").read_bytes() == b"third"
