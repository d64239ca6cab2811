"""Algorithms: what a public key and a signature of each algorithm must look like, and which hold.

One spelling each: a key that has two encodings would have two ids, and a signature that has
two would let a stranger change an entry's bytes. Ed25519 is judged by libsodium, ES256 by
OpenSSL within bounds that are checked here. docs/decisions 0012 says which cases hold and why.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger import codec
from ledger.errors import SignatureError, UnknownKeyError
from ledger.messages import KeyRecord

# C2SP signed-note signature types; the first byte of what a key id is the hash of.
ALGORITHM_BYTES: dict[str, bytes] = {"ed25519": b"\x01", "es256": b"\x02"}
KEY_LENGTHS: dict[str, int] = {"ed25519": 32, "es256": 65}

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5

# A point of full order plus the point of order 2 (from the CCTV vectors). libsodium before the
# end of 2025 takes it for one of full order (CVE-2025-69277), and so would miss every such key.
_PART_OF_ORDER_2 = bytes.fromhex("fe894df18abf1c20088bfbe6c9ad45d42ec20663eaf7111eaea1d851da0d7f89")

Verifier = Callable[[bytes, bytes], bool]


class PublicKey(Struct, frozen=True):
    """A public key that passed every check, with its id and its record."""

    record: KeyRecord
    raw: bytes
    keyid: str
    holds: Verifier

    def verify(self, data: bytes, signature: bytes) -> None:
        """Return if `signature` is this key's over `data`.

        Raises:
            SignatureError: it is not, or it is written in another way than the only one.
        """
        if not self.holds(data, signature):
            raise SignatureError(
                f"expected a signature of {self.record.holder}, found one that does not hold"
            )


def read(record: KeyRecord) -> PublicKey:
    """Return the public key of a record, checked.

    Raises:
        UnknownKeyError: no signing key, not the only spelling of it, or a point that must not
            be trusted.
    """
    if record.alg not in ALGORITHM_BYTES:
        raise UnknownKeyError(f"expected a signing key of {record.holder}, found {record.alg}")
    raw = _unbase64(record)
    holds = ed25519(record.holder, raw) if record.alg == "ed25519" else _es256(record.holder, raw)
    return PublicKey(record, raw, key_id(raw), holds)


def key_id(raw: bytes) -> str:
    """Return the id of a public key: lowercase hex SHA-256(algorithm byte || public key).

    No two algorithms have keys of one length, so the length names the algorithm.

    Raises:
        UnknownKeyError: of no length that a public key of ours has.
    """
    for algorithm, length in KEY_LENGTHS.items():
        if len(raw) == length:
            return codec.sha256(ALGORITHM_BYTES[algorithm] + raw)
    raise UnknownKeyError(f"expected a public key of 32 or 65 bytes, found {len(raw)}")


def lower_es256(signature: bytes) -> bytes:
    """Return r || s with the smaller of the two values of s: the spelling that holds.

    What is no ES256 signature comes back as it is, for `PublicKey.verify` to refuse.
    """
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not P256_ORDER // 2 < s < P256_ORDER:
        return signature
    return r + (P256_ORDER - s).to_bytes(32, "big")


def _unbase64(record: KeyRecord) -> bytes:
    try:
        raw = base64.b64decode(record.public_key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnknownKeyError(f"expected base64 in the key of {record.holder}: {error}") from error
    if base64.b64encode(raw).decode() != record.public_key:
        raise UnknownKeyError(f"expected canonical base64 in the key of {record.holder}")
    return raw


def ed25519(holder: str, raw: bytes) -> Verifier:
    """Return what tells whether a signature of this Ed25519 key holds.

    Raises:
        UnknownKeyError: not canonical or of low order, or a libsodium that cannot tell.
    """
    if crypto_core_ed25519_is_valid_point(_PART_OF_ORDER_2):
        raise UnknownKeyError(
            "expected a libsodium that knows a key of full order, found one older than 2026: "
            "the technician must install PyNaCl 1.6.2 or later"
        )
    if len(raw) != KEY_LENGTHS["ed25519"] or not crypto_core_ed25519_is_valid_point(raw):
        raise UnknownKeyError(
            f"expected a canonical Ed25519 point of full order as key of {holder}, "
            f"found {raw.hex() or 'nothing'}: its holder must make a new key"
        )

    def holds(data: bytes, signature: bytes) -> bool:
        if len(signature) != crypto_sign_BYTES:
            return False
        try:
            crypto_sign_open(signature + data, raw)
        except BadSignatureError:
            return False
        return True

    return holds


def _es256(holder: str, raw: bytes) -> Verifier:
    if len(raw) != KEY_LENGTHS["es256"] or raw[0] != 0x04:
        raise UnknownKeyError(
            f"expected 65 bytes of an uncompressed P-256 point (04 || x || y) as key of {holder}, "
            f"found {len(raw)} bytes {raw[:1].hex() or 'nothing'}...: its holder must export it so"
        )
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise UnknownKeyError(
            f"expected a point on P-256 as key of {holder}, found {raw.hex()}: "
            "its holder must make a new key"
        ) from error

    def holds(data: bytes, signature: bytes) -> bool:
        if len(signature) != 64:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if not (0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2):
            return False
        try:
            key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    return holds
