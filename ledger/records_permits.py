"""Entries about permits that are no single request's: standing ones, agreed to beforehand."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.records import Count, Identifier, MatterCode, Milliseconds, Record

PerDay = Annotated[int, Meta(ge=1, le=200)]
Total = Annotated[int, Meta(ge=1, le=5000)]


class StandingPermit(Record, frozen=True, kw_only=True):
    """A machine may stamp one low-risk item so often, a day and in all, without asking each time.

    Each use files a request of its own that names this permit.

    Args:
        per_day, total: impressions at most, by local day and ever.
        by: the account that drafted it.
        released_by: the account of another person; null: only a draft, which permits nothing.
    """

    kind = "standing-permit"
    authors = ("gateway",)
    permit: Identifier
    machine: Identifier
    seal: Identifier
    matter: MatterCode
    list_version: Count
    per_day: PerDay
    total: Total
    not_after_ms: Milliseconds
    by: Identifier
    released_by: Identifier | None


PERMIT_ENTRY_RECORDS: tuple[type[Record], ...] = (StandingPermit,)
