"""Keys: their ids, and KeyRing, which says whose signature holds.

The key record decides the algorithm, never the envelope. Verifying is libsodium's, which is
stricter than OpenSSL: points that are not canonical or of low order are refused when a key
enters the ring, so that two honest auditors can not disagree.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Literal

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from ledger import codec
from ledger.errors import SignatureError, UnknownKeyError
from ledger.messages import KeyRecord

ED25519 = b"\x01"  # C2SP signed-note signature type of Ed25519

Domain = Literal["sim", "field"]


def public_bytes(record: KeyRecord) -> bytes:
    """Return the 32 public key bytes of a signing key.

    Raises:
        UnknownKeyError: another algorithm, not 32 bytes, or a point that must not be trusted.
    """
    if record.alg != "ed25519":
        raise UnknownKeyError(f"expected a signing key of {record.holder}, found {record.alg}")
    try:
        key = base64.b64decode(record.public_key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnknownKeyError(f"expected base64 in the key of {record.holder}: {error}") from error
    if len(key) != 32 or not crypto_core_ed25519_is_valid_point(key):
        raise UnknownKeyError(
            f"expected a canonical Ed25519 point of full order as key of {record.holder}, "
            f"found {key.hex() or 'nothing'}"
        )
    return key


def key_id(public_key: bytes) -> str:
    """Return the id of an Ed25519 key: SHA-256(algorithm byte || public key), in hex."""
    return codec.sha256(ED25519 + public_key)


class KeyRing:
    """The keys that this party trusts, all of one domain.

    Args:
        records: every key record at hand; encryption keys are looked up by `recipients`.
        domain: `field` refuses every key of the simulator, and the other way round.
    """

    def __init__(self, records: Iterable[KeyRecord], domain: Domain) -> None:
        self.domain = domain
        self._signing: dict[str, tuple[KeyRecord, VerifyKey]] = {}
        self._records: tuple[KeyRecord, ...] = tuple(records)
        for record in self._records:
            if record.domain != domain:
                raise UnknownKeyError(
                    f"expected keys of the {domain} domain, found {record.holder} of the "
                    f"{record.domain} domain: remove its key record from the trusted folder"
                )
            if record.alg == "ed25519":
                key = public_bytes(record)
                self._signing[key_id(key)] = (record, VerifyKey(key))

    def verify(self, keyid: str, data: bytes, signature: bytes) -> KeyRecord:
        """Return the record of the key that signed `data`.

        Raises:
            UnknownKeyError: nobody here trusts this key.
            SignatureError: the signature is not this key's over these bytes.
        """
        found = self._signing.get(keyid)
        if found is None:
            raise UnknownKeyError(f"expected a trusted key, found key id {keyid[:16]}...")
        record, key = found
        try:
            key.verify(data, signature)
        except (BadSignatureError, ValueError) as error:
            raise SignatureError(
                f"expected a signature of {record.holder}, found one that does not hold"
            ) from error
        return record

    def of(self, holder: str, role: str) -> KeyRecord | None:
        """Return the signing key record of a holder with its highest epoch, if there is one."""
        own = [
            record
            for record, _ in self._signing.values()
            if record.holder == holder and record.role == role
        ]
        return max(own, key=lambda record: record.epoch, default=None)

    def recipients(self) -> tuple[str, ...]:
        """Return the age recipients of township and county, for photos and openings."""
        return tuple(
            record.public_key
            for record in self._records
            if record.alg == "age-x25519" and record.role in ("gateway", "county")
        )

    def devices(self) -> tuple[KeyRecord, ...]:
        """Return the signing key records of all devices."""
        return tuple(r for r, _ in self._signing.values() if r.role == "device")
