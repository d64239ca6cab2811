"""Entries about erasing: how long withheld values and photos are kept, and what was erased.

Nothing in the log is erased; values and photos lie beside it. Each act takes two persons and so
two entries: `asked` by one, `done` by another, which names the first by its hash. What a `done`
names may be erased only once that entry is durable.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.records import Hash, Identifier, Record

Years = Annotated[int, Meta(ge=1, le=100)]
Targets = Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=256)]
What = Literal["opening", "photos", "both"]
Cause = Literal["retention", "request", "court"]
RetentionStep = Literal["asked", "done"]

DEFAULT_YEARS = 3  # of both, where no policy is in the log


class RetentionPolicy(Record, frozen=True, kw_only=True):
    """How many years openings and photos are kept after their entry came.

    Args:
        step: only `done` is in force, the newest of them.
        asked: with `done`, the hash of the entry that asked for the same years; else null.
        by: the account of who asks, or of the other person who confirms.
    """

    kind = "retention"
    authors = ("gateway",)
    openings_years: Years
    photos_years: Years
    step: RetentionStep
    asked: Hash | None
    by: Identifier


class Erasure(Record, frozen=True, kw_only=True):
    """The opened values, the photos, or both, of some entries shall be erased, or are.

    Args:
        entries: hashes of the entries concerned; a `done` may name fewer than its `asked`.
        what: `opening` takes a request's page photos along: only the opening names them.
        cause: their time was over, the person concerned asked, or a court ordered it.
        asked: with `done`, the hash of the entry that asked; else null.
        by: the account of who asks, or of the other person who confirms.
    """

    kind = "erasure"
    authors = ("gateway",)
    entries: Targets
    what: What
    cause: Cause
    step: RetentionStep
    asked: Hash | None
    by: Identifier


RETENTION_ENTRY_RECORDS: tuple[type[Record], ...] = (RetentionPolicy, Erasure)
