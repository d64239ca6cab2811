"""Envelope: DSSE. Signatures cover the exact payload bytes; nobody re-encodes to verify.

There is one signature, or, where the signer's key record has a second key, one of each in that
order: the record says which, never the envelope.

Source: secure-systems-lab/dsse, protocol.md and envelope.md. The envelope itself has one
spelling too (canonical JSON with exactly these members), because its bytes are hashed later.
"""

from __future__ import annotations

import base64
from typing import Any

from msgspec import Struct

from ledger import canonical
from ledger.algorithms import PublicKey, Signature
from ledger.errors import MalformedError
from ledger.keys import KeyRing
from ledger.messages import KeyRecord
from ledger.signers import Signer
from ledger.spelling import unbase64

LARGEST_ENTRY = 60_000  # bytes; larger things enter as hash and size
LARGEST_LIST = 2_000_000  # a village's resolved list is no entry and may be longer


class Envelope(Struct, frozen=True):
    """A signed payload, taken apart; `raw` are the bytes as they came.

    `beside` is the signature after the first, if there is one.
    """

    raw: bytes
    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes
    beside: Signature | None = None


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: what is signed (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope bytes of a payload signed by `signer`."""
    data = pae(payload_type, payload)
    signers = (signer,) if signer.second is None else (signer, signer.second)
    return canonical.encode(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": one.keyid, "sig": base64.b64encode(one.sign(data)).decode()}
                for one in signers
            ],
        }
    )


def parse(raw: bytes, largest: int = LARGEST_ENTRY) -> Envelope:
    """Take an envelope apart without judging its signature.

    Raises:
        MalformedError: too large, another form, or not one or two signatures.
    """
    if len(raw) > largest:
        raise MalformedError(f"expected an envelope of at most {largest} bytes, found {len(raw)}")
    fields = canonical.decode(raw)
    match fields:
        case {
            "payload": str(payload),
            "payloadType": str(payload_type),
            "signatures": [{"keyid": str(keyid), "sig": str(signature), **more}, *others],
            **rest,
        } if not rest and not more and len(others) <= 1:
            beside = [_beside(fields, other) for other in others]
            data, first = unbase64(payload), unbase64(signature)
            return Envelope(raw, payload_type, data, keyid, first, *beside)
    raise _malformed(fields)


def verify(raw: bytes, ring: KeyRing, largest: int = LARGEST_ENTRY) -> tuple[Envelope, KeyRecord]:
    """Return the envelope and the record of the key that signed it.

    Raises:
        MalformedError, UnknownKeyError, SignatureError: it must not be believed.
    """
    envelope = parse(raw, largest)
    data = pae(envelope.payload_type, envelope.payload)
    record = ring.verify(envelope.keyid, data, envelope.signature, envelope.beside)
    return envelope, record


def check(envelope: Envelope, key: PublicKey, *, unchecked: bool = False) -> bool:
    """Return whether this key signed an envelope, with every signature that its record demands.

    Args:
        unchecked: see `PublicKey.verify_all`; without it only True is returned.

    Raises:
        SignatureError, MissingExtraError: it must not be believed.
    """
    data = pae(envelope.payload_type, envelope.payload)
    return key.verify_all(data, envelope.signature, envelope.beside, unchecked=unchecked)


def _beside(fields: dict[str, Any], other: object) -> Signature:
    match other:
        case {"keyid": str(keyid), "sig": str(signature), **more} if not more:
            return Signature(keyid, unbase64(signature))
    raise _malformed(fields)


def _malformed(fields: dict[str, Any]) -> MalformedError:
    return MalformedError(
        "expected exactly payload, payloadType and one signature or two with keyid and sig, "
        f"found {_outline(fields)}"
    )


def _outline(fields: dict[str, Any]) -> str:
    signatures = fields.get("signatures")
    count = len(signatures) if isinstance(signatures, list) else "no"
    return f"{', '.join(sorted(fields))[:200]} with {count} signatures"
