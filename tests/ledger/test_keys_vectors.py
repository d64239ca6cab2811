"""Keys and signatures at the edges: every published odd case is judged, always the same way."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import structs
from pytest_mock import MockerFixture

from ledger.errors import SignatureError, UnknownKeyError
from ledger.keys import KeyRing, key_id, public_bytes
from ledger.messages import KeyRecord

VECTORS = Path(__file__).parent.parent / "vectors"
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032


def record(key: bytes) -> KeyRecord:
    """Return the record of an Ed25519 key."""
    return KeyRecord(
        alg="ed25519",
        public_key=base64.b64encode(key).decode(),
        holder="m-1",
        role="device",
        township="420625103000",
        epoch=1,
        domain="sim",
    )


def cases() -> list[dict[str, Any]]:
    """Return the 914 published cases."""
    text = (VECTORS / "cctv-ed25519vectors.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def judge(case: dict[str, Any]) -> str:
    """Take one case through the ring as an entry's signature is taken."""
    key = bytes.fromhex(case["key"])
    try:
        ring = KeyRing([record(key)], "sim")
        ring.verify(key_id(key), case["msg"].encode(), bytes.fromhex(case["sig"]))
    except UnknownKeyError:
        return "key_refused"
    except SignatureError:
        return "signature_refused"
    return "holds"


def openssl_accepts(case: dict[str, Any]) -> bool:
    """Ask OpenSSL about one case."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["key"]))
        key.verify(bytes.fromhex(case["sig"]), case["msg"].encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def test_every_published_case_is_judged_as_the_policy_says() -> None:
    policy = json.loads((VECTORS / "cctv-ed25519-policy.json").read_text(encoding="utf-8"))
    expected = {tuple(row.pop("flags")): row for row in policy}

    judged: dict[tuple[str, ...], Counter[str]] = {}
    for case in cases():
        judged.setdefault(tuple(case["flags"] or ()), Counter())[judge(case)] += 1

    empty = {"key_refused": 0, "signature_refused": 0, "holds": 0}
    assert {flags: {**empty, **found} for flags, found in judged.items()} == expected
    assert sum(sum(row.values()) for row in expected.values()) == 914


def test_a_key_holds_only_without_any_flag_of_a_key() -> None:
    for case in cases():
        weak = any(flag.endswith("_A") for flag in case["flags"] or ())

        assert (judge(case) == "key_refused") == weak, case["number"]


def test_openssl_never_makes_us_accept_more() -> None:
    judged = {case["number"]: judge(case) == "holds" for case in cases()}

    accepted = {case["number"]: openssl_accepts(case) for case in cases()}

    ours = {number for number, holds in judged.items() if holds}
    theirs = {number for number, holds in accepted.items() if holds}
    assert ours < theirs


def test_a_signature_with_a_larger_scalar_of_the_same_value_is_refused() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    raw = key.public_key().public_bytes_raw()
    ring = KeyRing([record(raw)], "sim")
    signature = key.sign(b"data")
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER

    with pytest.raises(SignatureError):
        ring.verify(key_id(raw), b"data", signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("odd", [b"", b"short", bytes(31), bytes(33), bytes(64), bytes(65)])
def test_a_key_of_another_length_is_refused(odd: bytes) -> None:
    with pytest.raises(UnknownKeyError, match="make a new key"):
        public_bytes(record(odd))


def test_a_key_whose_base64_has_spare_bits_is_refused() -> None:
    text = record(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).public_key
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spare = text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "="
    assert base64.b64decode(spare) == base64.b64decode(text)

    with pytest.raises(UnknownKeyError, match="canonical base64"):
        public_bytes(structs.replace(record(bytes(32)), public_key=spare))


def test_an_old_libsodium_is_refused_before_it_judges_a_key(mocker: MockerFixture) -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    # What libsodium said until the end of 2025 of a point with a part of order 2.
    mocker.patch("ledger.algorithms.crypto_core_ed25519_is_valid_point", return_value=True)

    with pytest.raises(UnknownKeyError, match=r"PyNaCl 1\.6\.2"):
        public_bytes(record(raw))
