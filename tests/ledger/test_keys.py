"""Keys: who is trusted, and files that keep a private key private."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from msgspec import structs

from ledger.errors import SignatureError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.signers import keyfile
from ledger.signers.keyfile import KeyFileSigner

HOLDER = {"role": "device", "township": "420625103000", "epoch": 1, "domain": "sim"}


def test_a_signature_of_a_trusted_key_holds(device: KeyFileSigner, ring: KeyRing) -> None:
    signature = device.sign(b"data")

    assert ring.verify(device.keyid, b"data", signature) == device.record


def test_a_signature_over_other_bytes_is_refused(device: KeyFileSigner, ring: KeyRing) -> None:
    signature = device.sign(b"data")

    with pytest.raises(SignatureError):
        ring.verify(device.keyid, b"date", signature)


def test_a_signature_of_odd_length_is_refused(device: KeyFileSigner, ring: KeyRing) -> None:
    with pytest.raises(SignatureError):
        ring.verify(device.keyid, b"data", b"short")


def test_a_key_of_the_simulator_is_refused_in_the_field(device: KeyFileSigner) -> None:
    with pytest.raises(UnknownKeyError, match="field domain"):
        KeyRing([device.record], "field")


@pytest.mark.parametrize(
    "point",
    [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"short"],
    ids=["order 4", "identity", "not canonical", "31 bytes missing"],
)
def test_a_weak_point_never_enters_a_ring(device: KeyFileSigner, point: bytes) -> None:
    record = structs.replace(device.record, public_key=base64.b64encode(point).decode())

    with pytest.raises(UnknownKeyError):
        KeyRing([record], "sim")


def test_a_key_file_is_private_and_signs(tmp_path: Path) -> None:
    key, record = tmp_path / "k.key", tmp_path / "k.json"
    keyfile.create(key, record, holder="m-1", **HOLDER)

    signer = keyfile.load(key, record)

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    ring = keyfile.read_ring(tmp_path, "sim")
    assert ring.verify(signer.keyid, b"x", signer.sign(b"x")).holder == "m-1"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    key, record = tmp_path / "k.key", tmp_path / "k.json"
    keyfile.create(key, record, holder="m-1", **HOLDER)
    key.chmod(mode)

    with pytest.raises(UnknownKeyError, match="0600"):
        keyfile.load(key, record)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key, record = tmp_path / "k.key", tmp_path / "k.json"
    keyfile.create(key, record, holder="m-1", **HOLDER)
    before = key.read_bytes()

    with pytest.raises(FileExistsError):
        keyfile.create(key, tmp_path / "other.json", holder="m-1", **HOLDER)

    assert key.read_bytes() == before


def test_a_record_of_another_key_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        keyfile.create(tmp_path / f"{name}.key", tmp_path / f"{name}.json", holder=name, **HOLDER)

    with pytest.raises(UnknownKeyError, match="key record"):
        keyfile.load(tmp_path / "a.key", tmp_path / "b.json")


def test_a_damaged_record_in_the_trusted_folder_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b"{}")

    with pytest.raises(Exception, match=r"broken\.json"):
        keyfile.read_ring(tmp_path, "sim")
