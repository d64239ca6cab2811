"""Entries about keys: who enters, who takes over, who is shut out; and who agreed.

A key record stands in them as the text of its bytes, so that its hash is the one that the
holder's first entry names. Each signature is over a statement (`ledger.keystatements`) that is
computed from the entry's other fields. `ledger.keyhistory` says when one of them counts.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.records import Count, Hash, Identifier, Record

KeyText = Annotated[str, Meta(min_length=2, max_length=2000)]
SignatureText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{85}[AQgw]==\Z")]  # 64 bytes, base64


class Founding(Record, frozen=True, kw_only=True):
    """The first entry of the first log of a township: the keys on which all others rest.

    Args:
        nonce: random; it tells this log from any other of the same keys.
    """

    kind = "founding"
    authors = ("gateway",)
    gateway_key: KeyText
    county_key: KeyText
    nonce: Hash
    by_gateway: SignatureText
    by_county: SignatureText


class Enrolment(Record, frozen=True, kw_only=True):
    """A device enters, or a holder comes back under the next epoch. Township and county agree.

    Args:
        code_proof: shows that the holder knew the one-time code of this ceremony.
        closes: the last valid seq of the holder's previous epoch; null if that has ended
            already or there was none.
        by_key: the new key's signature: proof of possession.
    """

    kind = "enrolment"
    authors = ("gateway",)
    key: KeyText
    code_proof: Hash
    closes: Count | None
    by_key: SignatureText
    by_county: SignatureText


class Rotation(Record, frozen=True, kw_only=True):
    """A holder goes on with a new key in the same epoch and chain. Township and county agree.

    Args:
        replaces: hash of the record of the key that ends.
        last_seq: the last entry that a device's old key signs. 0 for a county and a log, which
            sign none, and for a gateway: its old key ends where this entry stands.
        by_county: null when it is the county's own key: its old key is the county.
    """

    kind = "rotation"
    authors = ("gateway",)
    key: KeyText
    replaces: Hash
    last_seq: Count
    by_old: SignatureText
    by_key: SignatureText
    by_county: SignatureText | None


class KeyRevocation(Record, frozen=True, kw_only=True):
    """A key holds no longer than up to `last_seq`. One person suffices, at once."""

    kind = "key-revocation"
    authors = ("gateway",)
    key: Hash
    last_seq: Count
    by: Identifier
    reason: Identifier


KEY_ENTRY_RECORDS: tuple[type[Record], ...] = (Founding, Enrolment, Rotation, KeyRevocation)
