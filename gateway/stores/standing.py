"""Standing permits: what the store tells of drafts and releases."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class StandingPermitView(Struct, frozen=True, kw_only=True):
    """One standing permit; `released_index` None: a draft. What was spent says its `PermitView`.

    Times are when the gateway took the entry; `index` is the draft's.
    """

    permit: str
    machine: str
    seal: str
    matter: str
    per_day: int
    total: int
    not_after_ms: int
    by: str
    index: int
    drafted_ms: int
    released_index: int | None
    released_by: str | None
    released_ms: int | None


class StandingReader(Protocol):
    """Standing permits."""

    def standing_permits(self) -> tuple[StandingPermitView, ...]:
        """Return every draft, released or not, newest first."""
        ...

    def standing_permit(self, permit: str) -> StandingPermitView | None:
        """Return one by its id."""
        ...
