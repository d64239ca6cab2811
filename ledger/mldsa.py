"""ML-DSA-44 (FIPS 204), for cosignatures that hold against quantum computers too. Pure.

OpenSSL judges: each signature has one length, and FIPS 204 one encoding of its hints. Not every
build of `cryptography` carries it; then its keys are refused with what to install.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ledger.errors import MissingExtraError, UnknownKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

PUBLIC_BYTES = 1312
SIGNATURE_BYTES = 2420
_SEED_BYTES = 32  # of a public key; what follows says something about the secret


def verifier(holder: str, raw: bytes) -> Callable[[bytes, bytes], bool]:
    """Return what tells whether a signature of this key holds.

    Raises:
        UnknownKeyError: no public key of this algorithm, or one for which anybody can sign.
        MissingExtraError: signatures can not be verified here.
    """
    if len(raw) != PUBLIC_BYTES or not any(raw[_SEED_BYTES:]):
        raise UnknownKeyError(
            f"expected {PUBLIC_BYTES} bytes of an ML-DSA-44 key of {holder}, not all zero, found "
            f"{len(raw)}: its holder must make a new key"
        )
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

        key = MLDSA44PublicKey.from_public_bytes(raw)
    except (ImportError, UnsupportedAlgorithm) as error:
        raise _missing(holder) from error

    def holds(data: bytes, signature: bytes) -> bool:
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    return holds


def generate() -> MLDSA44PrivateKey:
    """Return a new private key.

    Raises:
        MissingExtraError: keys can not be made here.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

        return MLDSA44PrivateKey.generate()
    except (ImportError, UnsupportedAlgorithm) as error:
        raise _missing("the new key") from error


def is_private(key: object) -> TypeGuard[MLDSA44PrivateKey]:
    """Return whether a key that was read from a file is one of this algorithm."""
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
    except ImportError:
        return False
    return isinstance(key, MLDSA44PrivateKey)


def _missing(holder: str) -> MissingExtraError:
    return MissingExtraError(
        f"expected a cryptography package with ML-DSA-44 for the key of {holder}, found none: the "
        "technician must install cryptography 48 or later from its own wheels"
    )
