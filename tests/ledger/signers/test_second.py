"""Second keys as files: made with the first, gone on with after a cut, and never mixed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger import algorithms, codec
from ledger.errors import UnknownKeyError
from ledger.keys import key_id
from ledger.signers import keyfile, pkcs11, second
from ledger.signers.keyfile import Kind

HOLDER = {
    "holder": "m-1",
    "role": "device",
    "township": "330109110000",
    "epoch": 1,
    "domain": "sim",
}
TWICE = Kind(second="sm2")


def paths(folder: Path, name: str = "device") -> tuple[Path, Path]:
    return folder / f"{name}.key", folder / f"{name}.json"


def test_the_second_key_lies_beside_the_first_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)

    found = tmp_path / "device.sm2.key"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "device.json",
        "device.key",
        "device.sm2.key",
    ]
    assert found.stat().st_mode & 0o777 == 0o600
    assert keyfile.load(*paths(tmp_path)).second is not None


def test_a_second_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    (tmp_path / "device.sm2.key").chmod(0o640)

    with pytest.raises(UnknownKeyError, match=r"expected mode 0600 on .*device\.sm2\.key"):
        keyfile.load(*paths(tmp_path))


def test_a_missing_or_exchanged_second_key_is_refused(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    keyfile.create(*paths(tmp_path, "other"), TWICE, **HOLDER)
    own = tmp_path / "device.sm2.key"

    (tmp_path / "other.sm2.key").replace(own)
    with pytest.raises(UnknownKeyError, match="expected the key record of this private key"):
        keyfile.load(*paths(tmp_path))
    own.unlink()
    with pytest.raises(UnknownKeyError, match=r"expected a private key at .*device\.sm2\.key"):
        keyfile.load(*paths(tmp_path))


@pytest.mark.parametrize("left", [("device.key",), ("device.key", "device.sm2.key")])
def test_what_a_cut_left_is_gone_on_with(tmp_path: Path, left: tuple[str, ...]) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    before = {name: (tmp_path / name).read_bytes() for name in left}
    for path in tmp_path.iterdir():
        if path.name not in left:
            path.unlink()

    record = keyfile.complete(*paths(tmp_path), TWICE, **HOLDER)

    assert {name: (tmp_path / name).read_bytes() for name in left} == before
    assert keyfile.complete(*paths(tmp_path), TWICE, **HOLDER) == record
    assert algorithms.read(record).second is not None


def test_keys_of_another_kind_are_not_gone_on_with(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), **HOLDER)
    keyfile.create(*paths(tmp_path, "twice"), TWICE, **HOLDER)

    with pytest.raises(UnknownKeyError, match="use another folder"):
        keyfile.complete(*paths(tmp_path), TWICE, **HOLDER)
    with pytest.raises(UnknownKeyError, match="use another folder"):
        keyfile.complete(*paths(tmp_path, "twice"), **HOLDER)


@pytest.mark.parametrize(
    "text", [b"", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", b"\xff" * 200]
)
def test_a_file_that_is_no_sm2_key_is_refused(tmp_path: Path, text: bytes) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    path = tmp_path / "device.sm2.key"
    path.write_bytes(text)

    with pytest.raises(UnknownKeyError, match=r"device\.sm2\.key"):
        keyfile.load(*paths(tmp_path))


def test_an_ed25519_key_is_no_second_key(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    path = tmp_path / "device.sm2.key"
    path.write_bytes((tmp_path / "device.key").read_bytes())

    with pytest.raises(UnknownKeyError, match="PKCS #8 of an SM2 key pair"):
        keyfile.load(*paths(tmp_path))


def test_a_token_with_a_record_of_two_keys_is_refused(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)
    options = pkcs11.Options(
        module=tmp_path / "none.so", token="seal", key="k", pin_file=tmp_path / "pin"
    )

    with pytest.raises(UnknownKeyError, match="found the record of a second key"):
        pkcs11.load(options, tmp_path / "device.json")


def test_the_record_of_both_is_what_the_first_entry_names(tmp_path: Path) -> None:
    keyfile.create(*paths(tmp_path), TWICE, **HOLDER)

    signer = keyfile.load(*paths(tmp_path))

    assert signer.record_sha256 == codec.sha256((tmp_path / "device.json").read_bytes())
    assert signer.keyid == key_id(algorithms.read(signer.record).raw)
    assert second.path_of(Path("a/m-1-1.key")) == Path("a/m-1-1.sm2.key")
