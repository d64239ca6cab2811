"""Signer: something that holds a private key and signs with it; both sides use one."""

from __future__ import annotations

from typing import Protocol

from ledger.messages import KeyRecord


class SecondSigner(Protocol):
    """Holds the private key of a record's second key."""

    @property
    def keyid(self) -> str:
        """Its own id, see `ledger.algorithms.sm2_key_id`."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` (64 bytes)."""
        ...


class Signer(Protocol):
    """Holds the private key of a record, and that of its second key if it has one."""

    @property
    def record(self) -> KeyRecord:
        """The key record of the public half."""
        ...

    @property
    def record_sha256(self) -> str:
        """Hash of the key record's bytes: the `prev` of the holder's first entry."""
        ...

    @property
    def keyid(self) -> str:
        """Lowercase hex SHA-256 of algorithm byte and public key."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the first key's signature over `data` (64 bytes, ML-DSA-44: 2420)."""
        ...

    @property
    def second(self) -> SecondSigner | None:
        """What signs beside the first key; None if the key record has no second key."""
        ...
