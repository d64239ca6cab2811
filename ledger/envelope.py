"""Envelope: DSSE. The signature covers the exact payload bytes; nobody re-encodes to verify.

Source: secure-systems-lab/dsse, protocol.md and envelope.md. The envelope itself has one
spelling too (canonical JSON with exactly these members), because its bytes are hashed later.
"""

from __future__ import annotations

import base64
from typing import Any

from msgspec import Struct

from ledger import canonical
from ledger.errors import MalformedError
from ledger.keys import KeyRing
from ledger.messages import KeyRecord
from ledger.signers import Signer
from ledger.spelling import unbase64

LARGEST_ENTRY = 60_000  # bytes; larger things enter as hash and size
LARGEST_LIST = 2_000_000  # a village's resolved list is no entry and may be longer


class Envelope(Struct, frozen=True):
    """A signed payload, taken apart; `raw` are the bytes as they came."""

    raw: bytes
    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: what is signed (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope bytes of a payload signed by `signer`."""
    signature = signer.sign(pae(payload_type, payload))
    return canonical.encode(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": signer.keyid, "sig": base64.b64encode(signature).decode()},
            ],
        }
    )


def parse(raw: bytes, largest: int = LARGEST_ENTRY) -> Envelope:
    """Take an envelope apart without judging its signature.

    Raises:
        MalformedError: too large, another form, or not exactly one signature.
    """
    if len(raw) > largest:
        raise MalformedError(f"expected an envelope of at most {largest} bytes, found {len(raw)}")
    fields = canonical.decode(raw)
    match fields:
        case {
            "payload": str(payload),
            "payloadType": str(payload_type),
            "signatures": [{"keyid": str(keyid), "sig": str(signature), **more}],
            **rest,
        } if not rest and not more:
            return Envelope(raw, payload_type, unbase64(payload), keyid, unbase64(signature))
    raise MalformedError(
        "expected exactly payload, payloadType and one signature with keyid and sig, "
        f"found {_outline(fields)}"
    )


def verify(raw: bytes, ring: KeyRing, largest: int = LARGEST_ENTRY) -> tuple[Envelope, KeyRecord]:
    """Return the envelope and the record of the key that signed it.

    Raises:
        MalformedError, UnknownKeyError, SignatureError: it must not be believed.
    """
    envelope = parse(raw, largest)
    record = ring.verify(
        envelope.keyid, pae(envelope.payload_type, envelope.payload), envelope.signature
    )
    return envelope, record


def _outline(fields: dict[str, Any]) -> str:
    signatures = fields.get("signatures")
    count = len(signatures) if isinstance(signatures, list) else "no"
    return f"{', '.join(sorted(fields))[:200]} with {count} signatures"
