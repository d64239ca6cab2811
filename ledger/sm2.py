"""SM2 with SM3 (GB/T 32918): the second signature, for those who must have one. Pure.

Needs the `sm` extra; without it points are still judged, because that takes arithmetic alone,
and signatures are not. One spelling each: a key is 04 || x || y, a signature r || s, 32 bytes
per number; the user id in the hash is always the standard's default. Unlike ECDSA's, a
signature has no twin: n - s does not hold. docs/decisions 0024 says why this library.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from ledger.errors import MissingExtraError, UnknownKeyError

PUBLIC_BYTES = 65
SECRET_BYTES = 32
SIGNATURE_BYTES = 64
USER_ID = b"1234567812345678"  # GM/T 0009: where no other was agreed on

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123  # GB/T 32918.5

# PKCS #8 of this curve, as OpenSSL writes it: constant but for the numbers in it.
_PKCS8_HEAD = bytes.fromhex(
    "308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420"
)
_PKCS8_MIDDLE = bytes.fromhex("a144034200")


def available() -> bool:
    """Return whether signatures can be made and verified here."""
    return importlib.util.find_spec("gmalg") is not None


def check_public(holder: str, raw: bytes) -> None:
    """Return if `raw` is a public key that may be trusted.

    The curve's order is prime, so every point on it but infinity generates the whole group.

    Raises:
        UnknownKeyError: another length or form, coordinates not reduced, or not on the curve.
    """
    x, y = int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
    if len(raw) != PUBLIC_BYTES or raw[0] != 0x04 or x >= _P or y >= _P or not _on_curve(x, y):
        raise UnknownKeyError(
            f"expected 65 bytes of an uncompressed SM2 point (04 || x || y) as key of {holder}, "
            f"found {raw.hex()[:200] or 'nothing'}: its holder must make a new key"
        )


def is_signature(signature: bytes) -> bool:
    """Return whether these bytes can be a signature at all: 0 < r, s < n, and r + s not n."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    in_range = 0 < r < ORDER and 0 < s < ORDER and r + s != ORDER
    return len(signature) == SIGNATURE_BYTES and in_range


def verifier(holder: str, raw: bytes) -> Callable[[bytes, bytes], bool]:
    """Return what tells whether a signature of this key holds.

    Raises:
        UnknownKeyError: the key must not be trusted.
        MissingExtraError: signatures can not be verified here.
    """
    check_public(holder, raw)
    _demand_extra(holder)
    import gmalg

    key = gmalg.SM2(uid=USER_ID, pk=raw)

    def holds(data: bytes, signature: bytes) -> bool:
        if not is_signature(signature):
            return False
        return bool(key.verify(data, signature[:32], signature[32:]))

    return holds


def sign(secret: bytes, public: bytes, data: bytes) -> bytes:
    """Return the signature over `data`.

    Raises:
        MissingExtraError: signatures can not be made here.
    """
    _demand_extra("this key")
    import gmalg

    r, s = gmalg.SM2(secret, USER_ID, public).sign(data)
    return bytes(r.rjust(32, b"\0") + s.rjust(32, b"\0"))  # it leaves out leading zeros


def generate() -> tuple[bytes, bytes]:
    """Return a new secret key and its public key.

    Raises:
        MissingExtraError: keys can not be made here.
    """
    _demand_extra("the new key")
    import gmalg

    secret, public = gmalg.SM2().generate_keypair()
    return bytes(secret.rjust(SECRET_BYTES, b"\0")), bytes(public)


def public_of(secret: bytes) -> bytes:
    """Return the public key of a secret one.

    Raises:
        UnknownKeyError: no secret key: not 32 bytes, or not from 1 to n - 2.
        MissingExtraError: it can not be computed here.
    """
    _demand_extra("this key")
    import gmalg

    if len(secret) != SECRET_BYTES or not 0 < int.from_bytes(secret, "big") < ORDER - 1:
        raise UnknownKeyError("expected an SM2 secret key of 32 bytes below the order, found none")
    return bytes(gmalg.SM2().generate_pk(secret))


def to_pkcs8(secret: bytes, public: bytes) -> bytes:
    """Return a key pair as PKCS #8 (DER), which OpenSSL reads."""
    return _PKCS8_HEAD + secret + _PKCS8_MIDDLE + public


def of_pkcs8(der: bytes) -> tuple[bytes, bytes]:
    """Return secret and public key from PKCS #8 (DER) with both in it, as OpenSSL writes it.

    Raises:
        UnknownKeyError: it holds something else, or two keys that do not belong together.
    """
    head = len(_PKCS8_HEAD)
    secret, public = der[head : head + SECRET_BYTES], der[-PUBLIC_BYTES:]
    if der != to_pkcs8(secret, public) or public_of(secret) != public:
        raise UnknownKeyError("expected the PKCS #8 of an SM2 key pair, found something else")
    return secret, public


def missing(holder: str) -> MissingExtraError:
    """Return the error for a key of `holder` that can not be used here."""
    return MissingExtraError(
        f"expected the package gmalg for the SM2 key of {holder}, found none: the technician must "
        "install sealkeeper with its sm extra (pip install 'sealkeeper[sm]')"
    )


def _demand_extra(holder: str) -> None:
    if not available():
        raise missing(holder)


def _on_curve(x: int, y: int) -> bool:
    return (y * y - (x * x * x - 3 * x + _B)) % _P == 0
