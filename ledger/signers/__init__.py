"""Signer: something that holds a private key and signs with it; both sides use one."""

from __future__ import annotations

from typing import Protocol

from ledger.messages import KeyRecord


class Signer(Protocol):
    """Holds one private key."""

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
        """Return the signature over `data` (64 bytes, Ed25519 and ES256 alike)."""
        ...
