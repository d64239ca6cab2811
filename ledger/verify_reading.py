"""Reading: envelopes and entries in bulk, with the same verdicts as `envelope` and `codec`. Pure.

A log is read by the million. What looks like our own spelling is taken apart by a pattern and
by msgspec's C code; everything else, and every refusal, is left to the readers that define the
format. So this can be faster, but never more lenient.
"""

from __future__ import annotations

import binascii
import re
from typing import Any, NoReturn

import msgspec

from ledger import canonical, codec, envelope
from ledger.codec import Payload
from ledger.envelope import LARGEST_ENTRY, Envelope
from ledger.errors import MalformedError
from ledger.records import ENTRY_RECORDS, Position, Record
from ledger.records_keys import KEY_ENTRY_RECORDS

_MOST_BRACKETS = 16  # fewer than the deepest nesting, so it cannot be too deep
_HEAD = b'{"payload":"'
_MIDDLE = b'","payloadType":"'
_TAIL = re.compile(
    rb'(application/vnd\.sealkeeper\.[a-z-]+\.v1\+json)",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{85}[AQgw]==)"\}\]\}'
)
_LONG_NUMBER = re.compile(rb"[:,\[]-?[0-9]{16}")  # may be 2^53 or more
_FOREIGN_KEY = re.compile(rb'[\x80-\xff][^"]*":')
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_SIXTEEN_DIGITS = b"0" * 16
_BODIES: dict[str, type[Record]] = {
    record.kind: record for record in ENTRY_RECORDS + KEY_ENTRY_RECORDS
}
_ENCODER = msgspec.json.Encoder(order="deterministic")


def _no_float(_text: str) -> NoReturn:
    raise MalformedError("expected no floats")


_PLAIN = msgspec.json.Decoder(float_hook=_no_float)


def read_envelope(raw: bytes) -> Envelope:
    """Return what `ledger.envelope.parse` returns.

    Raises:
        MalformedError: as `ledger.envelope.parse`.
    """
    start, _, tail = raw.partition(_MIDDLE)
    match = _TAIL.fullmatch(tail)
    if match is None or not start.startswith(_HEAD) or len(raw) > LARGEST_ENTRY:
        return envelope.parse(raw)
    payload64 = start[len(_HEAD) :]
    payload_type, keyid, signature64 = match.groups()
    try:
        payload = binascii.a2b_base64(payload64)
    except binascii.Error:
        return envelope.parse(raw)
    if binascii.b2a_base64(payload, newline=False) != payload64:
        return envelope.parse(raw)
    signature = binascii.a2b_base64(signature64)
    return Envelope(raw, payload_type.decode(), payload, keyid.decode(), signature)


def read_entry(type_text: str, payload: bytes) -> tuple[Payload, dict[str, Any]]:
    """Return what `ledger.codec.decode_entry` returns, and all fields of the payload.

    Raises:
        MalformedError: as `ledger.codec.decode_entry`.
    """
    if _is_rare(payload):
        return _read_slowly(type_text, payload)
    try:
        fields = _PLAIN.decode(payload)
        if _ENCODER.encode(fields) != payload:
            return _read_slowly(type_text, payload)
        kind = fields["kind"]
        record = _BODIES[kind]
        position = msgspec.convert(fields, Position)
        party, _ = position.author
        if codec.payload_type(kind) != type_text or party not in record.authors:
            return _read_slowly(type_text, payload)
        return Payload(position, msgspec.convert(fields, record), codec.sha256(payload)), fields
    except (msgspec.MsgspecError, MalformedError, LookupError, TypeError, UnicodeDecodeError):
        return _read_slowly(type_text, payload)


def _read_slowly(type_text: str, payload: bytes) -> tuple[Payload, dict[str, Any]]:
    return codec.decode_entry(type_text, payload), canonical.decode(payload)


def _is_rare(payload: bytes) -> bool:
    """Whether a payload holds what msgspec reads in another way than the canonical form."""
    if b"\\" in payload or payload.count(b"{") + payload.count(b"[") > _MOST_BRACKETS:
        return True
    if not payload.isascii() and _FOREIGN_KEY.search(payload):
        return True
    if _SIXTEEN_DIGITS not in payload.translate(_DIGITS):
        return False
    return _LONG_NUMBER.search(payload) is not None
