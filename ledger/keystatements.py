"""Statements about keys: the exact bytes that holders and the county sign when they agree.

A statement is computed from the entry that carries the signatures; nothing is said twice. It
is signed as DSSE, under a payload type that no entry and no message has, and it names the log,
so that an agreement is worth nothing anywhere else.
"""

from __future__ import annotations

import base64
import hmac
from typing import Any

from msgspec import Struct

from ledger import canonical, codec
from ledger.algorithms import PublicKey
from ledger.envelope import pae
from ledger.signers import Signer


class Statement(Struct, frozen=True):
    """What is agreed to, as DSSE payload type and payload."""

    payload_type: str
    payload: bytes

    @property
    def sha256(self) -> str:
        """Hash of the payload."""
        return codec.sha256(self.payload)

    def sign(self, signer: Signer) -> str:
        """Return the signer's agreement, base64."""
        signature = signer.sign(pae(self.payload_type, self.payload))
        return base64.b64encode(signature).decode()

    def verify(self, key: PublicKey, signature: str) -> None:
        """Return if `signature` is this key's agreement.

        Raises:
            SignatureError: it is not.
        """
        key.verify(pae(self.payload_type, self.payload), base64.b64decode(signature))


def founding(gateway: str, county: str, nonce: str) -> Statement:
    """A log begins with these two keys (hashes of their records); its hash names the log."""
    return _statement("founding", gateway=gateway, county=county, nonce=nonce)


def enrolment(log: str, key: str, code_proof: str, closes: int | None) -> Statement:
    """A key (hash of its record) enters this log."""
    return _statement("enrolment", log=log, key=key, code_proof=code_proof, closes=closes)


def rotation(log: str, key: str, replaces: str, last_seq: int) -> Statement:
    """A key goes on in this log where another ends (hashes of their records)."""
    return _statement("rotation", log=log, key=key, replaces=replaces, last_seq=last_seq)


def link(device: str, epoch: int, link_key: str, challenge: str) -> Statement:
    """A device asks for a certificate for its link (its key: DER, base64), here and now."""
    return _statement("link", device=device, epoch=epoch, link_key=link_key, challenge=challenge)


def code_proof(code: str, key: str) -> str:
    """Return what shows knowledge of a one-time code and binds it to one key record's hash.

    A bare hash of the code could be put beside another key by whoever sees it.
    """
    return hmac.digest(code.encode(), f"sealkeeper enrolment {key}".encode(), "sha256").hex()


def _statement(act: str, **fields: Any) -> Statement:
    kind = f"{act}-statement"
    return Statement(codec.payload_type(kind), canonical.encode({**fields, "kind": kind}))
