"""Custody: what the store tells of where seals are, and of permits for the hatch."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ledger.custody import Standing
from ledger.records_custody import Purpose


class SealStanding(Struct, frozen=True, kw_only=True):
    """Where a seal is; `index` is that of the entry that said so last."""

    machine: str
    seal: str
    standing: Standing
    index: int


class HatchView(Struct, frozen=True, kw_only=True):
    """One opening of the hatch, from its asking on.

    Args:
        asked: hash of the entry that asks; times are when the gateway took an entry.
        reason: None: its opening is not here, or was erased.
    """

    permit: str
    machine: str
    seal: str
    purpose: Purpose
    asked: str
    asked_index: int
    asked_by: str
    asked_ms: int
    not_after_ms: int
    reason: str | None
    released_index: int | None
    released_by: str | None
    withdrawn_by: str | None
    opened_index: int | None
    closed_index: int | None

    def waits(self, now_ms: int) -> bool:
        """Whether another person can still release it."""
        settled = self.released_index is not None or self.withdrawn_by is not None
        return not settled and now_ms <= self.not_after_ms

    def in_force(self, now_ms: int) -> bool:
        """Whether a hatch could be opened under it now."""
        ended = self.withdrawn_by is not None or self.closed_index is not None
        return self.released_index is not None and not ended and now_ms <= self.not_after_ms


class CustodyReader(Protocol):
    """Where seals are, and permits for the hatch. Lists come newest first."""

    def seal_standings(self) -> tuple[SealStanding, ...]:
        """Return where seals are, of all that an entry has ever named."""
        ...

    def seal_standing(self, machine: str, seal: str) -> Standing:
        """Return where one seal is."""
        ...

    def hatches(self, limit: int = 200) -> tuple[HatchView, ...]:
        """Return the newest openings that were asked for."""
        ...

    def hatch(self, permit: str) -> HatchView | None: ...
