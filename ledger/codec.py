"""Records to payload bytes and back; the only place where a payload is spelled or read."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ledger import canonical, shapes
from ledger.errors import MalformedError
from ledger.messages import MESSAGE_RECORDS, KeyRecord
from ledger.records import ENTRY_RECORDS, Party, Position, Record
from ledger.records_confirms import CONFIRM_ENTRY_RECORDS
from ledger.records_custody import CUSTODY_ENTRY_RECORDS
from ledger.records_keys import KEY_ENTRY_RECORDS
from ledger.records_office import OFFICE_ENTRY_RECORDS
from ledger.records_people import PEOPLE_ENTRY_RECORDS
from ledger.records_permits import PERMIT_ENTRY_RECORDS
from ledger.records_retention import RETENTION_ENTRY_RECORDS
from ledger.records_seals import SEAL_ENTRY_RECORDS
from ledger.shapes import Shape

_ENTRIES: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        *ENTRY_RECORDS,
        *KEY_ENTRY_RECORDS,
        *RETENTION_ENTRY_RECORDS,
        *PEOPLE_ENTRY_RECORDS,
        *OFFICE_ENTRY_RECORDS,
        *PERMIT_ENTRY_RECORDS,
        *CUSTODY_ENTRY_RECORDS,
        *CONFIRM_ENTRY_RECORDS,
        *SEAL_ENTRY_RECORDS,
    )
}
ENTRY_KINDS = tuple(_ENTRIES)
_MESSAGES = {record.kind: record for record in MESSAGE_RECORDS + (KeyRecord,)}  # noqa: RUF005
_TYPE_PREFIX = "application/vnd.sealkeeper."
_TYPE_SUFFIX = ".v1+json"
_BY_TYPE = {f"{_TYPE_PREFIX}{kind}{_TYPE_SUFFIX}": record for kind, record in _ENTRIES.items()}

T = TypeVar("T")


class Payload(Struct, frozen=True, gc=False):
    """A decoded entry: where it stands, what it says, and the hash that names it."""

    position: Position
    body: Record
    sha256: str


class Skimmed(Struct, frozen=True, gc=False):
    """What an entry says of itself; every field of it was looked at.

    `names` are those of its fields; some of those that may be left out may not be there. `body`
    has them as attributes, and what was left out as its default or `UNSET`.
    """

    kind: str
    party: Party
    author: str
    epoch: int
    seq: int
    prev: str
    at_ms: int
    mark: int | None
    sha256: str
    names: frozenset[str]
    body: Any


def payload_type(kind: str) -> str:
    """Return the DSSE payload type of a kind of record."""
    return f"{_TYPE_PREFIX}{kind}{_TYPE_SUFFIX}"


def kind_of(type_text: str) -> str:
    """Return the kind that a payload type names.

    Raises:
        MalformedError: not one of ours, or a version that we do not read.
    """
    kind = type_text.removeprefix(_TYPE_PREFIX).removesuffix(_TYPE_SUFFIX)
    if type_text != payload_type(kind):
        raise MalformedError(f"expected a payload type of sealkeeper v1, found {type_text!r}")
    return kind


def sha256(data: bytes) -> str:
    """Return the lowercase hex SHA-256 that names a payload, a file or a key record."""
    return hashlib.sha256(data).hexdigest()


def encode_entry(position: Position, body: Record) -> bytes:
    """Return the payload of an entry: chain fields, kind and body in one flat object.

    Raises:
        MalformedError: this party may not sign this kind, or a field breaks its bounds.
    """
    _check_author(position, type(body))
    fields = {**_builtins(position), **_builtins(body), "kind": body.kind}
    payload = canonical.encode(fields)
    decode_entry(payload_type(body.kind), payload)
    return payload


def decode_entry(type_text: str, payload: bytes) -> Payload:
    """Return the entry that a payload says; fields that we do not know are left alone.

    Raises:
        MalformedError: not canonical, not the kind its type names, or a field out of bounds.
    """
    for shape in _shapes(type_text):
        found = shape.read(payload)
        if found is not None:
            return Payload(shape.position(found), shape.body(found), sha256(payload))
    return read_entry(type_text, payload)[0]


def skim_entry(type_text: str, payload: bytes) -> Skimmed:
    """Return where an entry stands, and its fields as they were read.

    Raises:
        MalformedError: as `decode_entry`.
    """
    for shape in _shapes(type_text):
        found = shape.read(payload)
        if found is not None:
            return Skimmed(
                shape.kind,
                shape.party,
                getattr(found, shape.party),
                found.epoch,
                found.seq,
                found.prev,
                found.at_ms,
                found.mark,
                sha256(payload),
                shape.names,
                found,
            )
    entry, fields = read_entry(type_text, payload)
    at = entry.position
    party, author = at.author
    return Skimmed(
        entry.body.kind,
        party,
        author,
        at.epoch,
        at.seq,
        at.prev,
        at.at_ms,
        at.mark,
        entry.sha256,
        frozenset(fields),
        entry.body,
    )


def read_entry(type_text: str, payload: bytes) -> tuple[Payload, dict[str, Any]]:
    """Return what `decode_entry` returns, and all fields, those that we do not know included.

    This is what it means to be an entry; `decode_entry` is quicker where a shape reads it.

    Raises:
        MalformedError: as `decode_entry`.
    """
    fields = canonical.decode(payload)
    record = _BY_TYPE.get(type_text)
    kind = kind_of(type_text) if record is None else record.kind
    if fields.get("kind") != kind:
        raise MalformedError(
            f"expected kind {kind!r} as the type says, found {fields.get('kind')!r}"
        )
    if record is None:
        raise MalformedError(f"expected a kind of entry, found {kind!r}")
    position = _convert(fields, Position)
    _check_author(position, record)
    return Payload(position, _convert(fields, record), sha256(payload)), fields


def encode_message(message: Record) -> bytes:
    """Return the payload of a signed message or a key record (no chain fields)."""
    return canonical.encode({**_builtins(message), "kind": message.kind})


def decode_message(type_text: str, payload: bytes) -> Record:
    """Return the message that a payload says.

    Raises:
        MalformedError: not canonical, not the kind its type names, or a field out of bounds.
    """
    fields = canonical.decode(payload)
    kind = kind_of(type_text)
    record = _MESSAGES.get(kind)
    if record is None or fields.get("kind") != kind:
        raise MalformedError(f"expected a message of kind {kind!r}, found {fields.get('kind')!r}")
    return _convert(fields, record)


def _shapes(type_text: str) -> tuple[Shape, ...]:
    record = _BY_TYPE.get(type_text)
    return () if record is None else shapes.of(record)


def _builtins(value: Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields


def _convert(fields: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise MalformedError(f"expected {kind.__name__} fields in their bounds: {error}") from error


def _check_author(position: Position, record: type[Record]) -> None:
    party, name = position.author
    if party not in record.authors:
        raise MalformedError(
            f"expected {record.kind!r} signed by {' or '.join(record.authors)}, "
            f"found the {party} {name}"
        )
