"""Entries about who must agree: a township's approval policy, and who stands in for whom."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.records import Hash, Identifier, Milliseconds, Positive, Record

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
Offices = Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=10)]


class PolicyRelease(Record, frozen=True, kw_only=True):
    """An approval policy is drafted, or released and so in force from a day on.

    Args:
        version: of the draft; its release names the same.
        file_sha256, file_size: of the policy's canonical JSON.
        by: the account that drafted it.
        released_by: the account of another person; null: only a draft.
    """

    kind = "policy"
    authors = ("gateway",)
    version: Positive
    file_sha256: Hash
    file_size: Positive
    from_date: Day
    by: Identifier
    released_by: Identifier | None


class Delegation(Record, frozen=True, kw_only=True):
    """Somebody's offices are held by another person as well, while the first is away.

    Args:
        absent, substitute: accounts.
        by: the account that gives or ends it.
        ends: hash of the delegation that ends now; null: this one begins.
    """

    kind = "delegation"
    authors = ("gateway",)
    absent: Identifier
    substitute: Identifier
    offices: Offices
    from_ms: Milliseconds
    until_ms: Milliseconds
    by: Identifier
    ends: Hash | None


PEOPLE_ENTRY_RECORDS: tuple[type[Record], ...] = (PolicyRelease, Delegation)
