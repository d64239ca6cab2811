"""People: who may sign in at a machine, as a file; and how it travels. Pure, but for randomness.

The file is canonical JSON. Its hash stands in an entry of the log, signed by the gateway; the file
itself goes to the machine alone, encrypted to it. Cards and PINs are in it as hashes with a salt
each: whoever gets the file cannot sign in with what it says, as long as the card is out of reach.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger import canonical
from ledger.errors import MalformedError
from ledger.records import DivisionCode, Hash, Identifier, Positive

MOST_STAFF = 100
SALT_BYTES = 16

Salt = Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")]
Text = Annotated[str, Meta(max_length=200)]


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card as the list knows it: SHA-256 of a salt of its own and the card's identifier."""

    salt: Salt
    sha256: Hash


class Staff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of a place.

    Args:
        person: the same for all accounts of one person.
        card: null: this person signs in at no machine.
        pin_hash: argon2id; "": likewise.
    """

    account: Identifier
    person: Identifier
    name: Text
    offices: Annotated[tuple[Identifier, ...], Meta(max_length=10)]
    card: Card | None
    pin_hash: Text


class Roster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everybody of one place, by account; `salt` lets nobody guess the file by its hash."""

    place: DivisionCode
    version: Positive
    salt: Salt
    staff: Annotated[tuple[Staff, ...], Meta(max_length=MOST_STAFF)]


class Parcel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes to a machine: the entry's envelope, and the file encrypted to it, as base64."""

    entry: str
    sealed: str


def encode(roster: Roster) -> bytes:
    """Return the file of a list."""
    return canonical.encode(msgspec.to_builtins(roster))


def decode(file: bytes) -> Roster:
    """Return what a file says.

    Raises:
        MalformedError: not of this form.
    """
    try:
        return msgspec.json.decode(file, type=Roster)
    except ValueError as error:
        raise MalformedError(f"expected a people list, found: {error}") from error


def new_salt() -> str:
    """Return a fresh salt."""
    return secrets.token_hex(SALT_BYTES)


def new_card(identifier: str) -> Card:
    """Return a card as a list knows it, with a fresh salt."""
    salt = new_salt()
    return Card(salt=salt, sha256=card_sha256(salt, identifier))


def card_sha256(salt: str, identifier: str) -> str:
    """Return the hash under which a list knows a card."""
    return hashlib.sha256(bytes.fromhex(salt) + identifier.encode()).hexdigest()


def is_card(card: Card, identifier: str) -> bool:
    """Return whether a card that was laid is this one."""
    return hmac.compare_digest(card.sha256, card_sha256(card.salt, identifier))


def pack(entry: bytes, sealed: bytes) -> bytes:
    """Return a parcel's bytes."""
    parcel = Parcel(entry=entry.decode(), sealed=base64.b64encode(sealed).decode())
    return msgspec.json.encode(parcel)


def unpack(raw: bytes) -> tuple[bytes, bytes]:
    """Return the entry's envelope and the encrypted file of a parcel.

    Raises:
        MalformedError: not of this form.
    """
    try:
        parcel = msgspec.json.decode(raw, type=Parcel)
        return parcel.entry.encode(), base64.b64decode(parcel.sealed, validate=True)
    except ValueError as error:
        raise MalformedError(f"expected a parcel with a people list, found: {error}") from error
