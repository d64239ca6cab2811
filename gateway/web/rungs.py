"""Rungs: the data of the verification ladder; what goes in, and one rung of what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from ledger.matters import Answer
from ledger.records import PhotoRef

Step = Literal["hash", "signature", "chain", "time", "permit", "list", "photo", "count", "values"]
Result = Literal["good", "warn", "bad", "none", "erased"]  # erased: by an entry that says so
Values = tuple[tuple[str, str], ...]


class Evidence(Struct, frozen=True, kw_only=True):
    """The stored bytes around one entry.

    Args:
        sha256: the payload hash under which the entry is filed.
        raw: its envelope, byte for byte.
        received_ms: when the gateway committed it.
        previous, following: envelopes of the neighbours in the author's chain, if stored.
        permit: the envelope of the permit that it names, if stored.
        revocation: the envelope of that permit's revocation, if there is one.
        answer: what the items list of the version concerned says of the matter.
        list_version: that version.
        photos: decrypted JPEG by hash of the encrypted file; None while it is not here.
        pages: the photos that the entry's checked opening names (a request's pages).
        damaged: hashes of encrypted files that lie here and no longer hold.
        photo_owners: other entries that name the same encrypted photo.
        opening: the stored bytes that open its commitments, if they are here.
        missing: whether the store says that the opening was erased.
        gone: encrypted files that the store says were erased.
        erasures: the envelopes of entries that say that something of this one is erased.
        uses: n of every use under the permit, this one included, in ledger order.
    """

    sha256: str
    raw: bytes
    received_ms: int
    previous: bytes | None = None
    following: bytes | None = None
    permit: bytes | None = None
    revocation: bytes | None = None
    answer: Answer | None = None
    list_version: int = 0
    photos: Mapping[str, bytes | None] = field(default_factory=dict)
    pages: tuple[PhotoRef, ...] = ()
    damaged: tuple[str, ...] = ()
    photo_owners: tuple[str, ...] = ()
    opening: bytes | None = None
    missing: bool = False
    gone: tuple[str, ...] = ()
    erasures: tuple[bytes, ...] = ()
    uses: tuple[int, ...] = ()


class Rung(Struct, frozen=True):
    """One check: which, with what result, said how (a text key), with which values.

    Values are (label key, text); a text `ms:<n>` is a time and `s:<n>` a span of seconds.
    """

    step: Step
    result: Result
    said: str
    values: Values = ()

    @classmethod
    def of(cls, step: Step, result: Result, said: str, values: Values = ()) -> Rung:
        """Return a rung whose sentence is the text `ladder.<step>.<said>`."""
        return cls(step, result, f"ladder.{step}.{said}", values)
