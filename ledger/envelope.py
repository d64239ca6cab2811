"""Envelope: DSSE. Signatures cover the exact payload bytes; nobody re-encodes to verify.

There is one signature, or, where the signer's key record has a second key, one of each in that
order: the record says which, never the envelope.

Source: secure-systems-lab/dsse, protocol.md and envelope.md. The envelope itself has one
spelling too (canonical JSON with exactly these members), because its bytes are hashed later:
what is read is written once more, and must give the same bytes.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger.algorithms import PublicKey, Signature
from ledger.errors import MalformedError
from ledger.keys import KeyRing
from ledger.messages import KeyRecord
from ledger.signers import Signer

LARGEST_ENTRY = 60_000  # bytes; larger things enter as hash and size
LARGEST_LIST = 2_000_000  # a village's resolved list is no entry and may be longer


class Envelope(Struct, frozen=True, gc=False):
    """A signed payload, taken apart; `raw` are the bytes as they came.

    `beside` is the signature after the first, if there is one.
    """

    raw: bytes
    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes
    beside: Signature | None = None


class _Signature(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    keyid: str
    sig: bytes


class _Members(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"payload_type": "payloadType"},
    gc=False,
):
    """The envelope's members, sorted as they are spelled; bytes are spelled as padded base64."""

    payload: bytes
    payload_type: str
    signatures: Annotated[list[_Signature], Meta(min_length=1, max_length=2)]


_DECODER = msgspec.json.Decoder(_Members)
_ENCODER = msgspec.json.Encoder()


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: what is signed (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return the envelope bytes of a payload signed by `signer`."""
    data = pae(payload_type, payload)
    signers = (signer,) if signer.second is None else (signer, signer.second)
    signatures = [_Signature(one.keyid, one.sign(data)) for one in signers]
    return _ENCODER.encode(_Members(payload, payload_type, signatures))


def parse(raw: bytes, largest: int = LARGEST_ENTRY) -> Envelope:
    """Take an envelope apart without judging its signature.

    Raises:
        MalformedError: too large, another form, or not one or two signatures.
    """
    if len(raw) > largest:
        raise MalformedError(f"expected an envelope of at most {largest} bytes, found {len(raw)}")
    try:
        members = _DECODER.decode(raw)
        spelled = _ENCODER.encode(members)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise MalformedError(
            "expected exactly payload, payloadType and one signature or two with keyid and sig, "
            f"found another form: {error}"
        ) from error
    if spelled != raw:
        raise MalformedError("expected canonical JSON (RFC 8785), found another spelling of it")
    first = members.signatures[0]
    parts = (raw, members.payload_type, members.payload, first.keyid, first.sig)
    if len(members.signatures) == 1:
        return Envelope(*parts)
    other = members.signatures[1]
    return Envelope(*parts, Signature(other.keyid, other.sig))


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
