"""Entries about permits that are no single request's: standing ones, and those of emergencies."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ledger.records import Count, Hash, Identifier, MatterCode, Milliseconds, Record

PerDay = Annotated[int, Meta(ge=1, le=200)]
Total = Annotated[int, Meta(ge=1, le=5000)]
Few = Annotated[int, Meta(ge=1, le=20)]
Matters = Annotated[tuple[MatterCode, ...], Meta(min_length=1, max_length=20)]
Pair = Annotated[tuple[Identifier, ...], Meta(min_length=2, max_length=2)]


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


class EmergencyTerms(Record, frozen=True, kw_only=True):
    """For which items, how often and until when two approvers' codes open a machine.

    Args:
        uses: emergency permits at most; `impressions` at most under each.
        by: the account that drafted it.
        released_by: the account of another person; null: only a draft, which opens nothing.
    """

    kind = "emergency-terms"
    authors = ("gateway",)
    terms: Identifier
    machine: Identifier
    seal: Identifier
    matters: Matters
    list_version: Count
    uses: Few
    impressions: Few
    not_after_ms: Milliseconds
    by: Identifier
    released_by: Identifier | None


class CodeHash(Struct, frozen=True, kw_only=True):
    """One single-use code by its name; the hash is that of `ledger.emergency.sha256_of`."""

    code: Identifier
    sha256: Hash


class EmergencyCodes(Record, frozen=True, kw_only=True):
    """One approver has printed his codes under released terms, for a sealed envelope."""

    kind = "emergency-codes"
    authors = ("gateway",)
    series: Identifier
    terms: Identifier
    machine: Identifier
    holder: Identifier
    codes: Annotated[tuple[CodeHash, ...], Meta(min_length=1, max_length=20)]


class EmergencyPermit(Record, frozen=True, kw_only=True):
    """Two approvers' codes opened the machine for one request.

    Args:
        approvers: the accounts whose codes were typed; `codes` names them, in the same order.
        by: the account that asked.
    """

    kind = "emergency"
    authors = ("device",)
    permit: Identifier
    terms: Identifier
    request: Hash
    seal: Identifier
    matter: MatterCode
    list_version: Count
    impressions: Few
    not_after_ms: Milliseconds
    approvers: Pair
    codes: Pair
    by: Identifier
    reason: Identifier
    reason_commitment: Hash


PERMIT_ENTRY_RECORDS: tuple[type[Record], ...] = (
    StandingPermit,
    EmergencyTerms,
    EmergencyCodes,
    EmergencyPermit,
)
