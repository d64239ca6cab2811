"""Keys in a token: they sign as key files do, and what is missing is said with who must act."""

from __future__ import annotations

import _sqlite3 as sqlite_extension
import builtins
import sys
from pathlib import Path
from typing import Any

import pkcs11 as foreign
import pytest
from msgspec import structs
from pytest_mock import MockerFixture

from ledger import algorithms, envelope
from ledger.algorithms import P256_ORDER
from ledger.errors import MalformedError, SignatureError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.signers import choice, keyfile, pkcs11
from ledger.signers.keyfile import KeyFileSigner

Tokens = Any  # of conftest.py
HOLDER = {"role": "device", "township": "420625103000", "epoch": 1, "domain": "sim"}


@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_an_envelope_signed_in_a_token_verifies_as_any_other(tokens: Tokens, alg: str) -> None:
    options, path, record = tokens.key(alg)
    signer = pkcs11.load(options, path)

    raw = envelope.sign("application/vnd.sealkeeper.start.v1+json", b"{}", signer)

    assert envelope.verify(raw, KeyRing([record], "sim"))[1] == record
    assert record.alg == alg


def test_every_es256_signature_of_a_token_has_the_smaller_s(tokens: Tokens) -> None:
    options, path, _ = tokens.key("es256")
    signer = pkcs11.load(options, path)

    signatures = [signer.sign(b"%d" % number) for number in range(24)]

    # Half of what the token returns has the larger one: 2^-24 that this shows nothing.
    assert all(int.from_bytes(one[32:], "big") <= P256_ORDER // 2 for one in signatures)


def test_a_private_key_can_not_be_taken_out_of_the_token(tokens: Tokens) -> None:
    tokens.key("es256")
    token = foreign.lib(str(tokens.options.module)).get_token(token_label="seal")

    with token.open(user_pin="4321") as session:
        key = session.get_key(object_class=foreign.ObjectClass.PRIVATE_KEY, label="k-1")

        assert key[foreign.Attribute.SENSITIVE]
        assert not key[foreign.Attribute.EXTRACTABLE]
        with pytest.raises(foreign.AttributeSensitive):
            key[foreign.Attribute.VALUE]


def test_two_signers_of_one_token_work_side_by_side(tokens: Tokens) -> None:
    first = pkcs11.load(*tokens.key("ed25519", "k-1")[:2])
    second = pkcs11.load(*tokens.key("es256", "k-2")[:2])

    signatures = first.sign(b"data"), second.sign(b"data")

    ring = KeyRing([first.record, second.record], "sim")
    for signer, signature in zip((first, second), signatures, strict=True):
        assert ring.verify(signer.keyid, b"data", signature) == signer.record


def test_a_missing_driver_is_named(tokens: Tokens) -> None:
    _, path, _ = tokens.key("ed25519")
    options = structs.replace(tokens.options, module=tokens.folder / "none.so")

    with pytest.raises(pkcs11.TokenError, match=r"none\.so.*install the token's driver"):
        pkcs11.load(options, path)


def test_a_library_that_is_no_driver_is_named(tokens: Tokens) -> None:
    _, path, _ = tokens.key("ed25519")
    options = structs.replace(tokens.options, module=Path(sqlite_extension.__file__))

    with pytest.raises(pkcs11.TokenError, match=r"_sqlite3.*install the token's driver"):
        pkcs11.load(options, path)


def test_an_absent_token_is_named_with_those_that_are_there(tokens: Tokens) -> None:
    _, path, _ = tokens.key("ed25519")
    options = structs.replace(tokens.options, token="other")

    with pytest.raises(pkcs11.TokenError, match=r"expected one token 'other', found 'seal'"):
        pkcs11.load(options, path)


def test_a_wrong_pin_is_refused_and_its_file_named(tokens: Tokens) -> None:
    _, path, _ = tokens.key("ed25519")
    options = structs.replace(tokens.options, pin_file=tokens.pin_file("wrong", "9999"))

    with pytest.raises(pkcs11.TokenError, match=r"wrong\.pin.*before the token locks itself"):
        pkcs11.load(options, path)


def test_a_pin_file_that_others_may_read_is_refused(tokens: Tokens) -> None:
    options, path, _ = tokens.key("ed25519")
    options.pin_file.chmod(0o640)

    with pytest.raises(UnknownKeyError, match="0600"):
        pkcs11.load(options, path)


def test_the_last_try_of_a_pin_is_left_to_a_person(tokens: Tokens, mocker: MockerFixture) -> None:
    options, path, _ = tokens.key("ed25519")
    token = mocker.MagicMock(label="seal", flags=foreign.TokenFlag.USER_PIN_FINAL_TRY)
    token.slot.get_mechanisms.return_value = [foreign.Mechanism.EDDSA]
    library = mocker.patch.object(foreign, "lib")
    library.return_value.get_tokens.return_value = [token]

    with pytest.raises(pkcs11.TokenError, match="last try is left to a person"):
        pkcs11.load(options, path)

    token.open.assert_not_called()


def test_an_absent_key_is_named(tokens: Tokens) -> None:
    options, path, _ = tokens.key("ed25519")

    with pytest.raises(pkcs11.TokenError, match=r"private key 'k-9' in token 'seal', found 0"):
        pkcs11.load(structs.replace(options, key="k-9"), path)


def test_a_token_without_the_mechanism_is_refused(tokens: Tokens) -> None:
    options, path, _ = tokens.key("es256")
    tokens.configure("slots.mechanisms = CKM_EDDSA")

    with pytest.raises(pkcs11.TokenError, match=r"CKM_ECDSA for es256.*another algorithm"):
        pkcs11.load(options, path)


def test_the_record_of_another_key_is_refused(tokens: Tokens) -> None:
    options, _, _ = tokens.key("es256", "k-1")
    _, other, _ = tokens.key("es256", "k-2")

    with pytest.raises(UnknownKeyError, match=r"k-2\.json, found the record of another key"):
        pkcs11.load(options, other)


def test_a_record_of_another_algorithm_is_refused(tokens: Tokens) -> None:
    options, _, _ = tokens.key("es256", "k-1")
    _, other, _ = tokens.key("ed25519", "k-2")

    with pytest.raises(UnknownKeyError, match="to sign with ed25519 as the record"):
        pkcs11.load(options, other)


def test_a_key_of_one_label_is_never_made_twice(tokens: Tokens) -> None:
    options, path, record = tokens.key("es256")

    with pytest.raises(FileExistsError):
        pkcs11.create(options, path, "es256", holder="m-1", **HOLDER)
    with pytest.raises(pkcs11.TokenError, match="never overwritten"):
        pkcs11.create(options, tokens.folder / "new.json", "es256", holder="m-1", **HOLDER)

    assert pkcs11.load(options, path).record == record


def test_no_key_stays_in_the_token_when_its_record_can_not_be_written(tokens: Tokens) -> None:
    options, path = tokens.options, tokens.folder / "k-1.json"
    wrong = {**HOLDER, "role": "mayor"}

    with pytest.raises(MalformedError):
        pkcs11.create(options, path, "es256", holder="m-1", **wrong)

    assert not path.exists()
    assert pkcs11.create(options, path, "es256", holder="m-1", **HOLDER).holder == "m-1"


@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_the_largest_entry_can_be_signed(tokens: Tokens, alg: str) -> None:
    options, path, record = tokens.key(alg)
    data = bytes(envelope.LARGEST_ENTRY)

    signature = pkcs11.load(options, path).sign(data)

    algorithms.read(record).verify(data, signature)


def test_a_token_that_is_gone_is_said_when_signing(tokens: Tokens) -> None:
    options, path, _ = tokens.key("ed25519")
    signer = pkcs11.load(options, path)
    signer.close()

    with pytest.raises(pkcs11.TokenError, match="plug the token in"):
        signer.sign(b"data")


def test_a_signature_that_does_not_hold_never_leaves(
    device: KeyFileSigner, mocker: MockerFixture
) -> None:
    token_key = mocker.MagicMock()
    token_key.sign.return_value = bytes(64)  # a token with a fault
    signer = pkcs11.Pkcs11Signer(mocker.MagicMock(), token_key, device.record)

    with pytest.raises(SignatureError):
        signer.sign(b"data")


def test_without_the_extra_the_technician_is_told_what_to_install(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, path, _ = tokens.key("ed25519")
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pkcs11":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "pkcs11")
    monkeypatch.setattr(builtins, "__import__", absent)

    with pytest.raises(pkcs11.TokenError, match="hsm extra"):
        pkcs11.load(options, path)
    with pytest.raises(pkcs11.TokenError, match="hsm extra"):
        pkcs11.create(options, tokens.folder / "new.json", "ed25519", holder="m-1", **HOLDER)


@pytest.mark.parametrize(
    "attribute",
    [b"k" * 32, b"\x04\x20" + b"k" * 32, b"\x03\x21\x00" + b"k" * 32],
    ids=["bare", "octet string", "bit string"],
)
def test_a_public_key_is_read_in_every_wrapping_that_tokens_use(attribute: bytes) -> None:
    assert pkcs11.point_of(attribute, 32) == b"k" * 32


@pytest.mark.parametrize("attribute", [b"", b"k" * 31, b"\x04\x21" + b"k" * 32, b"k" * 33])
def test_a_public_key_in_another_wrapping_is_refused(attribute: bytes) -> None:
    with pytest.raises(UnknownKeyError):
        pkcs11.point_of(attribute, 32)


def test_a_configuration_chooses_token_or_file(tokens: Tokens) -> None:
    options, path, record = tokens.key("es256")
    keyfile.create(tokens.folder / "f.key", tokens.folder / "f.json", holder="m-2", **HOLDER)

    from_token = choice.load(None, options, path)
    from_file = choice.load(tokens.folder / "f.key", None, tokens.folder / "f.json")

    assert (from_token.record, from_file.record.holder) == (record, "m-2")


def test_a_configuration_with_both_or_neither_is_refused(tokens: Tokens) -> None:
    options, path, _ = tokens.key("es256")

    with pytest.raises(UnknownKeyError, match="found both"):
        choice.load(tokens.folder / "f.key", options, path)
    with pytest.raises(UnknownKeyError, match="found neither"):
        choice.load(None, None, path)
