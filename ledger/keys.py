"""Keys: their ids, and KeyRing, which says whose signature holds.

The key record decides the algorithm, never the envelope. What a key and a signature must look
like stands in `ledger.algorithms`: keys that are not canonical or of low order are refused when
they enter the ring, so that two honest auditors can not disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ledger import algorithms
from ledger.algorithms import ALGORITHM_BYTES, PublicKey, Signature
from ledger.errors import UnknownKeyError
from ledger.messages import KeyRecord

Domain = Literal["sim", "field"]


def public_bytes(record: KeyRecord) -> bytes:
    """Return the public key bytes of a signing key (Ed25519: 32, ES256: 65, ML-DSA-44: 1312).

    Raises:
        UnknownKeyError: no signing key, or one that must not be trusted.
    """
    return algorithms.read(record).raw


def key_id(public_key: bytes) -> str:
    """Return the id of what `public_bytes` returned: SHA-256(algorithm byte || public key).

    Raises:
        UnknownKeyError: of no length that a public key of ours has.
    """
    return algorithms.key_id(public_key)


class KeyRing:
    """The keys that this party trusts, all of one domain.

    Args:
        records: every key record at hand; encryption keys are looked up by `recipients`.
        domain: `field` refuses every key of the simulator, and the other way round.
    """

    def __init__(self, records: Iterable[KeyRecord], domain: Domain) -> None:
        self.domain = domain
        self._signing: dict[str, PublicKey] = {}
        self._records: tuple[KeyRecord, ...] = tuple(records)
        for record in self._records:
            if record.domain != domain:
                raise UnknownKeyError(
                    f"expected keys of the {domain} domain, found {record.holder} of the "
                    f"{record.domain} domain: remove its key record from the trusted folder"
                )
            if record.alg in ALGORITHM_BYTES:
                key = algorithms.demand_checkable(algorithms.read(record))
                self._signing[key.keyid] = key

    def verify(
        self, keyid: str, data: bytes, signature: bytes, beside: Signature | None = None
    ) -> KeyRecord:
        """Return the record of the key that signed `data`.

        Args:
            beside: the signature of the record's second key, if it has one.

        Raises:
            UnknownKeyError: nobody here trusts this key.
            SignatureError: the signatures are not those that its record demands.
        """
        found = self._signing.get(keyid)
        if found is None:
            raise UnknownKeyError(f"expected a trusted key, found key id {keyid[:16]}...")
        found.verify_all(data, signature, beside)
        return found.record

    def of(self, holder: str, role: str) -> KeyRecord | None:
        """Return the signing key record of a holder with its highest epoch, if there is one."""
        own = [
            key.record
            for key in self._signing.values()
            if key.record.holder == holder and key.record.role == role
        ]
        return max(own, key=lambda record: record.epoch, default=None)

    def log_of(self, township: str) -> KeyRecord | None:
        """Return the key record of a township's public log, the one of the highest epoch."""
        found = [
            key.record
            for key in self._signing.values()
            if key.record.role == "log" and key.record.township == township
        ]
        return max(found, key=lambda record: record.epoch, default=None)

    def recipients(self) -> tuple[str, ...]:
        """Return the age recipients of township and county, for photos and openings."""
        return tuple(
            record.public_key
            for record in self._records
            if record.alg == "age-x25519" and record.role in ("gateway", "county")
        )

    def records(self) -> tuple[KeyRecord, ...]:
        """Return every key record of this ring."""
        return self._records

    def devices(self) -> tuple[KeyRecord, ...]:
        """Return the signing key records of all devices."""
        return tuple(key.record for key in self._signing.values() if key.record.role == "device")
