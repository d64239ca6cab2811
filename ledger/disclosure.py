"""Disclosure: salted commitments for what is withheld from the public record.

A commitment is SHA-256(salt || value) with a fresh 16 byte salt for each value; the value is
its canonical JSON, so that text, numbers and lists all have one spelling. Openings travel and
rest beside the log, encrypted to the township, and can be erased without breaking a proof.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ledger import canonical
from ledger.errors import MalformedError
from ledger.records import Record

SALT_BYTES = 16
SUFFIX = "_commitment"


class Opened(Struct, frozen=True):
    """One withheld value and its salt (hex)."""

    salt: str
    value: Any


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """The withheld values of the entry whose payload has this hash."""

    payload_sha256: str
    values: dict[str, Opened]


def withhold(values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Opened]]:
    """Return the commitment fields of a record, and what opens them.

    `values` maps a name such as `applicant` to its value; the field is `applicant_commitment`.
    """
    opened = {name: Opened(secrets.token_hex(SALT_BYTES), value) for name, value in values.items()}
    return {f"{name}{SUFFIX}": commitment(one) for name, one in opened.items()}, opened


def commitment(opened: Opened) -> str:
    """Return the commitment to an opened value, lowercase hex.

    Raises:
        MalformedError: the salt is shorter than 16 bytes or not hex.
    """
    try:
        salt = bytes.fromhex(opened.salt)
    except ValueError as error:
        raise MalformedError(f"expected a salt in hex, found {opened.salt!r}") from error
    if len(salt) < SALT_BYTES:
        raise MalformedError(f"expected a salt of {SALT_BYTES} bytes, found {len(salt)}")
    return hashlib.sha256(salt + canonical.encode(opened.value)).hexdigest()


def encode(opening: Opening) -> bytes:
    """Return the bytes of an opening, before encryption."""
    return canonical.encode(msgspec.to_builtins(opening))


def values(data: bytes) -> dict[str, Any]:
    """Return the values of an own opening, without checking them against an entry."""
    opening = msgspec.convert(canonical.decode(data), Opening)
    return {name: opened.value for name, opened in opening.values.items()}


def check(data: bytes, record: Record, payload_sha256: str) -> dict[str, Any]:
    """Return the values of an opening that opens exactly the commitments of `record`.

    Raises:
        MalformedError: it opens another entry, or one value is not the one committed to.
    """
    try:
        opening = msgspec.convert(canonical.decode(data), Opening)
    except msgspec.ValidationError as error:
        raise MalformedError(f"expected an opening: {error}") from error
    if opening.payload_sha256 != payload_sha256:
        raise MalformedError(
            f"expected the opening of {payload_sha256}, found that of {opening.payload_sha256}"
        )
    committed = commitments(record)
    if set(opening.values) != set(committed):
        raise MalformedError(
            f"expected values for {sorted(committed)}, found {sorted(opening.values)}"
        )
    for name, opened in opening.values.items():
        if commitment(opened) != committed[name]:
            raise MalformedError(f"expected the committed {name}, found another value")
    return {name: opened.value for name, opened in opening.values.items()}


def commitments(record: Record) -> dict[str, str]:
    """Return the commitments of a record by the name of the withheld value."""
    return {
        field.removesuffix(SUFFIX): value
        for field in record.__struct_fields__
        if field.endswith(SUFFIX) and (value := getattr(record, field)) is not None
    }


def mask_name(name: str) -> str:
    """Return a person's name as it may be published: the first character, the rest starred."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""
