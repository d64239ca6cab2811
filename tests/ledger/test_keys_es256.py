"""ES256, the algorithm of secure elements: one spelling of a key, one spelling of a signature."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ledger import algorithms, codec, envelope
from ledger.algorithms import P256_ORDER
from ledger.errors import SignatureError, UnknownKeyError
from ledger.keys import KeyRing, key_id, public_bytes
from ledger.messages import KeyRecord
from ledger.signers.keyfile import KeyFileSigner

# RFC 6979, A.2.5: the key, and the signatures over "sample" and "test" with SHA-256.
X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
POINT = bytes.fromhex("04" + X + Y)
SAMPLE = (
    0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
    0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
)
TEST = (
    0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
    0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
)
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1  # the prime of P-256


def record(point: bytes) -> KeyRecord:
    """Return the record of an ES256 key."""
    return KeyRecord(
        alg="es256",
        public_key=base64.b64encode(point).decode(),
        holder="m-1",
        role="device",
        township="420625103000",
        epoch=1,
        domain="sim",
    )


def spelled(r: int, s: int) -> bytes:
    """Return r || s as they are."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.fixture
def ring() -> KeyRing:
    """A ring that trusts the key of RFC 6979."""
    return KeyRing([record(POINT)], "sim")


def test_the_signature_of_the_standard_holds(ring: KeyRing) -> None:
    assert ring.verify(key_id(POINT), b"test", spelled(*TEST)).alg == "es256"


def test_the_signature_of_the_standard_with_the_larger_s_has_another_spelling(
    ring: KeyRing,
) -> None:
    with pytest.raises(SignatureError):
        ring.verify(key_id(POINT), b"sample", spelled(*SAMPLE))

    assert (
        ring.verify(key_id(POINT), b"sample", algorithms.lower_es256(spelled(*SAMPLE))).holder
        == "m-1"
    )


def test_a_key_id_is_the_hash_of_the_algorithm_byte_and_the_point() -> None:
    assert key_id(POINT) == hashlib.sha256(b"\x02" + POINT).hexdigest()
    assert public_bytes(record(POINT)) == POINT


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        spelled(*TEST)[:-1],
        spelled(*TEST) + b"\x00",
        spelled(*TEST)[:32] + b"\x00" + spelled(*TEST)[32:],
        utils.encode_dss_signature(*TEST),
        spelled(0, TEST[1]),
        spelled(TEST[0], 0),
        spelled(P256_ORDER, TEST[1]),
        spelled(TEST[0], P256_ORDER),
        spelled(TEST[0], P256_ORDER - TEST[1]),
        spelled(TEST[1], TEST[0]),
    ],
    ids=[
        "nothing",
        "short",
        "long",
        "padded",
        "DER",
        "r 0",
        "s 0",
        "r n",
        "s n",
        "s high",
        "swapped",
    ],
)
def test_another_spelling_of_a_signature_is_refused(ring: KeyRing, signature: bytes) -> None:
    with pytest.raises(SignatureError):
        ring.verify(key_id(POINT), b"test", signature)


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x00",
        POINT[1:],
        b"\x02" + POINT[1:33],
        b"\x03" + POINT[1:33],
        b"\x06" + POINT[1:],
        b"\x07" + POINT[1:],
        POINT[:-1] + bytes([POINT[-1] ^ 1]),
        b"\x04" + bytes(64),
        b"\x04" + FIELD.to_bytes(32, "big") + POINT[33:],
        POINT + b"\x00",
    ],
    ids=[
        "nothing", "infinity", "without 04", "compressed even", "compressed odd", "hybrid even",
        "hybrid odd", "beside the curve", "origin", "x not reduced", "a byte more",
    ],
)  # fmt: skip
def test_another_spelling_of_a_key_is_refused(point: bytes) -> None:
    with pytest.raises(UnknownKeyError, match="expected"):
        KeyRing([record(point)], "sim")


def test_an_unreduced_coordinate_on_the_curve_is_refused() -> None:
    # x = 5 is on P-256, so x = p + 5 names the same point in 32 bytes.
    point = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), b"\x02" + (5).to_bytes(32, "big")
    ).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    odd = b"\x04" + (FIELD + 5).to_bytes(32, "big") + point[33:]

    assert public_bytes(record(point)) == point
    with pytest.raises(UnknownKeyError, match="on P-256"):
        public_bytes(record(odd))


def test_a_key_of_another_algorithm_is_never_taken_for_this_one(device: KeyFileSigner) -> None:
    for alg in ("ed25519", "es256"):
        key = POINT if alg == "ed25519" else base64.b64decode(device.record.public_key)

        with pytest.raises(UnknownKeyError):
            KeyRing([structs.replace(record(key), alg=alg)], "sim")


@given(seed=st.integers(1, P256_ORDER - 1), data=st.binary(max_size=300))
def test_exactly_one_spelling_of_every_signature_holds(seed: int, data: bytes) -> None:
    key = ec.derive_private_key(seed, ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    checked = algorithms.read(record(point))
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))

    held = [checked.holds(data, spelled(r, one)) for one in (s, P256_ORDER - s)]

    assert sorted(held) == [False, True]
    assert checked.holds(data, algorithms.lower_es256(spelled(r, s)))


def test_an_envelope_signed_with_es256_verifies_by_its_record() -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    own = record(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    class Element:
        record = own
        record_sha256 = codec.sha256(codec.encode_message(own))
        keyid = algorithms.read(own).keyid
        second = None

        def sign(self, data: bytes) -> bytes:
            signature = key.sign(data, ec.ECDSA(SHA256()))
            return algorithms.lower_es256(spelled(*utils.decode_dss_signature(signature)))

    raw = envelope.sign(codec.payload_type("heartbeat"), b"{}", Element())

    assert envelope.verify(raw, KeyRing([own], "sim"))[1] == own
