"""Algorithms: what a public key and a signature of each algorithm must look like, and which hold.

One spelling each: a key that has two encodings would have two ids, and a signature that has
two would let a stranger change an entry's bytes. Ed25519 is judged by libsodium, ES256 by
OpenSSL within bounds that are checked here. docs/decisions 0012 says which cases hold and why;
0024 says how a second key (`ledger.sm2`) signs beside the first, 0025 who uses `ledger.mldsa`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct, structs
from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # compiled, without types
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_BYTES

from ledger import canonical, codec, mldsa, sm2
from ledger.errors import SignatureError, UnknownKeyError
from ledger.messages import KeyRecord, SecondKey

# C2SP signed-note signature types; the first byte of what a key id is the hash of.
ALGORITHM_BYTES: dict[str, bytes] = {"ed25519": b"\x01", "es256": b"\x02", "ml-dsa-44": b"\x06"}
KEY_LENGTHS: dict[str, int] = {"ed25519": 32, "es256": 65, "ml-dsa-44": mldsa.PUBLIC_BYTES}
# C2SP has no type for SM2: 0xff, and a longer name that is unlikely to collide.
SM2_TYPE = b"\xffsealkeeper/sm2-sm3/v1"

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5

# A point of full order plus the point of order 2 (from the CCTV vectors). libsodium before the
# end of 2025 takes it for one of full order (CVE-2025-69277), and so would miss every such key.
_PART_OF_ORDER_2 = bytes.fromhex("fe894df18abf1c20088bfbe6c9ad45d42ec20663eaf7111eaea1d851da0d7f89")

Verifier = Callable[[bytes, bytes], bool]


class Signature(Struct, frozen=True, gc=False):
    """A signature and the id of the key that is said to have made it."""

    keyid: str
    signature: bytes


class SecondPublicKey(Struct, frozen=True):
    """The second key of a record, checked; `holds` is None where its extra is not installed."""

    raw: bytes
    keyid: str
    holds: Verifier | None


class PublicKey(Struct, frozen=True):
    """A public key that passed every check, with its id, its record, and the key beside it."""

    record: KeyRecord
    raw: bytes
    keyid: str
    holds: Verifier
    second: SecondPublicKey | None = None

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of both keys; none of them may be another holder's."""
        return frozenset({self.keyid, self.second.keyid} if self.second else {self.keyid})

    def verify(self, data: bytes, signature: bytes) -> None:
        """Return if `signature` is this key's over `data`; the second key is not asked.

        Raises:
            SignatureError: it is not, or it is written in another way than the only one.
        """
        if not self.holds(data, signature):
            raise SignatureError(
                f"expected a signature of {self.record.holder}, found one that does not hold"
            )

    def verify_all(
        self, data: bytes, signature: bytes, beside: Signature | None, *, unchecked: bool = False
    ) -> bool:
        """Return whether every signature over `data` that the record demands was verified.

        Args:
            beside: the signature after the first, if there is one.
            unchecked: for an onlooker who says aloud what was not checked: return False where
                a second signature stands as it must and its extra is not installed.

        Raises:
            SignatureError: one does not hold, is missing, or is not demanded.
            MissingExtraError: the second one can not be verified here.
        """
        self.verify(data, signature)
        holder, second = self.record.holder, self.second
        if second is None and beside is None:
            return True
        if (beside and beside.keyid) != (second and second.keyid):
            raise SignatureError(
                f"expected {'a second' if second else 'no second'} signature of {holder} as its "
                f"key record says, found {beside.keyid[:16] if beside else 'none'}: somebody took "
                "it away, added it, or put another in its place"
            )
        if second is None or beside is None:
            return True
        if not sm2.is_signature(beside.signature):
            raise SignatureError(f"expected an SM2 signature of {holder}, found another form")
        if second.holds is None:
            if unchecked:
                return False
            raise sm2.missing(holder)
        if not second.holds(data, beside.signature):
            raise SignatureError(
                f"expected an SM2 signature of {holder}, found one that does not hold"
            )
        return True


def read(record: KeyRecord) -> PublicKey:
    """Return the public key of a record, checked.

    Raises:
        UnknownKeyError: no signing key, not the only spelling of it, a point that must not
            be trusted, or a second key that its holder does not show to have.
        MissingExtraError: its first algorithm is not installed here.
    """
    if record.alg not in ALGORITHM_BYTES:
        raise UnknownKeyError(f"expected a signing key of {record.holder}, found {record.alg}")
    raw = _unbase64(record.holder, record.public_key)
    if record.alg == "ml-dsa-44" and record.role != "witness":
        raise UnknownKeyError(
            f"expected an ml-dsa-44 key of a witness, found one of the {record.role} "
            f"{record.holder}: it must make an Ed25519 key"
        )
    holds = _FIRST[record.alg](record.holder, raw)
    second = None if record.second is None else _second(record, record.second)
    return PublicKey(record, raw, key_id(raw), holds, second)


def demand_checkable(key: PublicKey) -> PublicKey:
    """Return the key if all that it signs can be verified here, for those who act on it.

    Raises:
        MissingExtraError: the extra for its second key is not installed.
    """
    if key.second is not None and key.second.holds is None:
        raise sm2.missing(key.record.holder)
    return key


def second_statement(record: KeyRecord, alg: str, public_key: str) -> bytes:
    """Return what a second key signs to show that the holder of `record` has it.

    No entry, message or checkpoint begins as this does, so it can not pass for one of them.
    """
    first = codec.sha256(codec.encode_message(structs.replace(record, second=None)))
    fields = {"kind": "second-key-statement", "key": first, "alg": alg, "public_key": public_key}
    return canonical.encode(fields)


def sm2_key_id(raw: bytes) -> str:
    """Return the id of an SM2 public key: lowercase hex SHA-256(`SM2_TYPE` || public key)."""
    return codec.sha256(SM2_TYPE + raw)


def key_id(raw: bytes) -> str:
    """Return the id of a first key: lowercase hex SHA-256(algorithm byte || public key).

    No two of its algorithms have keys of one length, so the length names the algorithm.

    Raises:
        UnknownKeyError: of no length that a public key of ours has.
    """
    for algorithm, length in KEY_LENGTHS.items():
        if len(raw) == length:
            return codec.sha256(ALGORITHM_BYTES[algorithm] + raw)
    raise UnknownKeyError(f"expected a public key of 32, 65 or 1312 bytes, found {len(raw)}")


def lower_es256(signature: bytes) -> bytes:
    """Return r || s with the smaller of the two values of s: the spelling that holds.

    What is no ES256 signature comes back as it is, for `PublicKey.verify` to refuse.
    """
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not P256_ORDER // 2 < s < P256_ORDER:
        return signature
    return r + (P256_ORDER - s).to_bytes(32, "big")


def _unbase64(holder: str, text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnknownKeyError(f"expected base64 in the key of {holder}: {error}") from error
    if base64.b64encode(raw).decode() != text:
        raise UnknownKeyError(f"expected canonical base64 in the key of {holder}")
    return raw


def _second(record: KeyRecord, second: SecondKey) -> SecondPublicKey:
    if record.role not in ("device", "gateway", "log") or record.alg == "ml-dsa-44":
        raise UnknownKeyError(
            f"expected a second key of a device, a gateway or a log, found one of the "
            f"{record.role} {record.holder}: it must make its key without"
        )
    raw = _unbase64(record.holder, second.public_key)
    sm2.check_public(record.holder, raw)
    holds = sm2.verifier(record.holder, raw) if sm2.available() else None
    statement = second_statement(record, second.alg, second.public_key)
    shown = base64.b64decode(second.possession)
    if not sm2.is_signature(shown) or (holds is not None and not holds(statement, shown)):
        raise UnknownKeyError(
            f"expected {record.holder} to show that it has its second key, found a signature "
            "that does not hold: it must make its keys anew"
        )
    return SecondPublicKey(raw, sm2_key_id(raw), holds)


def ed25519(holder: str, raw: bytes) -> Verifier:
    """Return what tells whether a signature of this Ed25519 key holds.

    Raises:
        UnknownKeyError: not canonical or of low order, or a libsodium that cannot tell.
    """
    _check_point(holder, raw)

    def holds(data: bytes, signature: bytes) -> bool:
        if len(signature) != crypto_sign_BYTES:
            return False
        signed = signature + data
        # What the binding's own function does, without two copies of the message that nobody reads.
        wrong: int = lib.crypto_sign_open(ffi.NULL, ffi.NULL, signed, len(signed), raw)
        return wrong == 0

    return holds


@lru_cache(4096)  # it costs as much as four signatures, and the same keys are read all day
def _check_point(holder: str, raw: bytes) -> None:
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


_FIRST: dict[str, Callable[[str, bytes], Verifier]] = {
    "ed25519": ed25519,
    "es256": _es256,
    "ml-dsa-44": mldsa.verifier,
}
