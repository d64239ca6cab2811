"""Envelope: DSSE. The signature covers the exact payload bytes; nobody re-encodes to verify.

Source: secure-systems-lab/dsse, protocol.md and envelope.md. The envelope itself has one
spelling too (canonical JSON with exactly these members), because its bytes are hashed later:
what is read is written once more, and must give the same bytes.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ledger.errors import MalformedError
from ledger.keys import KeyRing
from ledger.messages import KeyRecord
from ledger.signers import Signer

LARGEST_ENTRY = 60_000  # bytes; larger things enter as hash and size
LARGEST_LIST = 2_000_000  # a village's resolved list is no entry and may be longer


class Envelope(Struct, frozen=True, gc=False):
    """A signed payload, taken apart; `raw` are the bytes as they came."""

    raw: bytes
    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes


class _Signature(Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: bytes


class _Members(
    Struct, frozen=True, forbid_unknown_fields=True, rename={"payload_type": "payloadType"}
):
    """The envelope's members, sorted as they are spelled; bytes are spelled as padded base64."""

    payload: bytes
    payload_type: str
    signatures: tuple[_Signature]


_DECODER = msgspec.json.Decoder(_Members)
_ENCODER = msgspec.json.Encoder()


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: what is signed (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope bytes of a payload signed by `signer`."""
    signature = signer.sign(pae(payload_type, payload))
    return _ENCODER.encode(_Members(payload, payload_type, (_Signature(signer.keyid, signature),)))


def parse(raw: bytes, largest: int = LARGEST_ENTRY) -> Envelope:
    """Take an envelope apart without judging its signature.

    Raises:
        MalformedError: too large, another form, or not exactly one signature.
    """
    if len(raw) > largest:
        raise MalformedError(f"expected an envelope of at most {largest} bytes, found {len(raw)}")
    try:
        members = _DECODER.decode(raw)
        spelled = _ENCODER.encode(members)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise MalformedError(
            "expected exactly payload, payloadType and one signature with keyid and sig, "
            f"found another form: {error}"
        ) from error
    if spelled != raw:
        raise MalformedError("expected canonical JSON (RFC 8785), found another spelling of it")
    (signature,) = members.signatures
    return Envelope(raw, members.payload_type, members.payload, signature.keyid, signature.sig)


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
