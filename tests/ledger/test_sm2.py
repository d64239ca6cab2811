"""SM2: the standard's example, OpenSSL as a peer both ways, and what is refused."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import gmalg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import sm2
from ledger.errors import MissingExtraError, UnknownKeyError
from ledger.signers import second

SEED = 20_261  # chooses the bits

# GB/T 32918.5-2017, annex A.2: the curve of ISO/IEC 14888-3 with "message digest" as message.
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE = b"message digest"
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
DISTID = "distid:1234567812345678"
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def openssl(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """The standard's key as the file that we write."""
    path = tmp_path / "device.sm2.key"
    path.write_bytes(second.Sm2Signer(SECRET, PUBLIC).pem())
    return path


def test_the_signature_of_the_standard_holds() -> None:
    holds = sm2.verifier("m-1", PUBLIC)

    assert holds(MESSAGE, SIGNATURE)
    assert not holds(b"message digest.", SIGNATURE)
    assert sm2.public_of(SECRET) == PUBLIC


def test_the_library_makes_the_signature_of_the_standard_from_its_nonce() -> None:
    signer = gmalg.SM2(SECRET, sm2.USER_ID, PUBLIC, rnd_fn=lambda bits: NONCE)

    assert b"".join(signer.sign(MESSAGE)) == SIGNATURE


@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_the_hash_is_the_one_of_openssl(data: bytes) -> None:
    found = gmalg.SM3()
    found.update(data)

    other = hashes.Hash(hashes.SM3())
    other.update(data)
    assert found.value() == other.finalize()


@needs_openssl
def test_openssl_accepts_what_we_sign(pem: Path, tmp_path: Path) -> None:
    signature = second.read(pem.read_bytes(), pem).sign(b"an entry")
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    (tmp_path / "sig").write_bytes(encode_dss_signature(r, s))
    (tmp_path / "data").write_bytes(b"an entry")
    public = openssl("pkey", "-in", pem, "-pubout", "-out", tmp_path / "pub")
    assert public.returncode == 0, public.stderr

    words = ("dgst", "-sm3", "-verify", tmp_path / "pub", "-sigopt", DISTID)
    right = openssl(*words, "-signature", tmp_path / "sig", tmp_path / "data")
    (tmp_path / "data").write_bytes(b"another")
    wrong = openssl(*words, "-signature", tmp_path / "sig", tmp_path / "data")

    assert (right.returncode, right.stdout) == (0, b"Verified OK\n"), right.stderr
    assert wrong.returncode == 1


@needs_openssl
def test_we_accept_what_openssl_signs_with_a_key_that_it_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"an entry")
    made = openssl("genpkey", "-algorithm", "SM2", "-out", tmp_path / "key")
    assert made.returncode == 0, made.stderr
    words = ("dgst", "-sm3", "-sign", tmp_path / "key", "-sigopt", DISTID)
    signed = openssl(*words, tmp_path / "data")
    assert signed.returncode == 0, signed.stderr
    ours = second.read((tmp_path / "key").read_bytes(), tmp_path / "key")
    holds = sm2.verifier("m-1", ours.public)

    r, s = decode_dss_signature(signed.stdout)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")

    assert holds(b"an entry", signature)
    assert not holds(b"an entrz", signature)
    assert ours.pem() == (tmp_path / "key").read_bytes()


def test_a_signature_under_another_user_id_does_not_hold() -> None:
    r, s = gmalg.SM2(SECRET, b"ALICE123@YAHOO.COM", PUBLIC).sign(MESSAGE)

    assert not sm2.verifier("m-1", PUBLIC)(MESSAGE, r.rjust(32, b"\0") + s.rjust(32, b"\0"))


@pytest.mark.slow
def test_a_flipped_bit_in_each_byte_of_a_signature_is_refused() -> None:
    holds, chosen = sm2.verifier("m-1", PUBLIC), random.Random(SEED)

    for at in range(len(SIGNATURE)):
        wrong = bytearray(SIGNATURE)
        wrong[at] ^= 1 << chosen.randrange(8)
        assert not holds(MESSAGE, bytes(wrong)), (SEED, at)


@pytest.mark.parametrize(
    "r, s",
    [
        (0, 1),
        (1, 0),
        (sm2.ORDER, 1),
        (1, sm2.ORDER),
        (2**256 - 1, 1),
        (1, sm2.ORDER - 1),  # r + s = n
    ],
)
def test_numbers_out_of_range_are_no_signature(r: int, s: int) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")

    assert not sm2.is_signature(signature)
    assert not sm2.verifier("m-1", PUBLIC)(MESSAGE, signature)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        b"\0" + SIGNATURE,
        encode_dss_signature(
            int.from_bytes(SIGNATURE[:32], "big"), int.from_bytes(SIGNATURE[32:], "big")
        ),
    ],
)
def test_another_spelling_of_a_signature_is_refused(signature: bytes) -> None:
    assert not sm2.verifier("m-1", PUBLIC)(MESSAGE, signature)


def test_the_twin_of_ecdsa_is_no_signature_here() -> None:
    s = sm2.ORDER - int.from_bytes(SIGNATURE[32:], "big")

    assert not sm2.verifier("m-1", PUBLIC)(MESSAGE, SIGNATURE[:32] + s.to_bytes(32, "big"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0",  # infinity
        b"\x04" + bytes(64),
        PUBLIC[1:],
        PUBLIC + b"\0",
        b"\x06" + PUBLIC[1:],  # hybrid
        b"\x03" + PUBLIC[1:33],  # compressed
        PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
        b"\x04" + bytes(31) + b"\x01" + PUBLIC[33:],
        b"\x04" + b"\xff" * 64,
    ],
)
def test_a_key_that_is_no_point_in_its_one_spelling_is_refused(raw: bytes) -> None:
    with pytest.raises(UnknownKeyError, match="expected 65 bytes of an uncompressed SM2 point"):
        sm2.verifier("m-1", raw)


def test_coordinates_that_are_not_reduced_are_refused() -> None:
    prime = 2**256 - 2**224 - 2**96 + 2**64 - 1
    square = int.from_bytes(bytes.fromhex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD41"
                                          "4D940E93"), "big")  # fmt: skip
    root = pow(square, (prime + 1) // 4, prime)  # of the point with x = 0
    sm2.check_public("m-1", b"\x04" + bytes(32) + root.to_bytes(32, "big"))

    with pytest.raises(UnknownKeyError, match="found 04fffffffe"):
        sm2.check_public("m-1", b"\x04" + prime.to_bytes(32, "big") + root.to_bytes(32, "big"))


def test_short_numbers_are_written_with_leading_zeros() -> None:
    lengths = {len(sm2.sign(SECRET, PUBLIC, bytes([at]))) for at in range(3)}
    nonce_of_short_r = gmalg.SM2(SECRET, sm2.USER_ID, PUBLIC, rnd_fn=lambda bits: 1)
    r, s = nonce_of_short_r.sign(MESSAGE)
    padded = r.rjust(32, b"\0") + s.rjust(32, b"\0")

    assert lengths == {64}
    assert sm2.verifier("m-1", PUBLIC)(MESSAGE, padded)


def test_without_the_extra_points_are_judged_and_signatures_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gmalg", None)  # what an import finds when it is not there

    sm2.check_public("m-1", PUBLIC)
    assert not sm2.available()
    with pytest.raises(MissingExtraError, match=r"SM2 key of m-1.*sealkeeper\[sm\]"):
        sm2.verifier("m-1", PUBLIC)
    with pytest.raises(MissingExtraError, match=r"technician must install .* sm extra"):
        sm2.sign(SECRET, PUBLIC, MESSAGE)
    with pytest.raises(MissingExtraError):
        sm2.generate()


@pytest.mark.parametrize("secret", [bytes(32), bytes(31), b"\xff" * 32])
def test_a_secret_out_of_range_is_refused(secret: bytes) -> None:
    with pytest.raises(UnknownKeyError, match="32 bytes below the order"):
        sm2.public_of(secret)


def test_a_file_with_two_halves_of_two_keys_is_refused() -> None:
    _, other = sm2.generate()

    with pytest.raises(UnknownKeyError, match="PKCS #8 of an SM2 key pair"):
        sm2.of_pkcs8(sm2.to_pkcs8(SECRET, other))
