"""Spending: how many impressions each intent made, or may have made, and the sums. Pure.

An intent counts as one until its outcome is known, an incident as the most that it may hide
until a person has counted. Sums are kept by permit, by permit and local day, by request, and of
seam stamps by permit.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from ledger.days import local_date
from ledger.records import SEAM, Intent


class _Use(Struct, frozen=True):
    sums: tuple[tuple[str, str], ...]
    impressions: int


class Spending:
    """The sums; replayed from the journal at every start."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, str]] = Counter()
        self._uses: dict[str, _Use] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spending) and self._sums == other._sums

    __hash__ = None  # type: ignore[assignment]  # it changes

    def reserve(self, sha256: str, intent: Intent, at_ms: int) -> None:
        """Count one impression for an intent of this moment."""
        sums: tuple[tuple[str, str], ...] = (
            ("permit", intent.permit),
            (intent.permit, local_date(at_ms)),
            ("request", intent.request or ""),
        )
        sums = (*sums, (SEAM, intent.permit)) if SEAM in intent.flags else sums
        self._uses[sha256] = _Use(sums, 0)
        self.settle(sha256, 1)

    def settle(self, intent: str, impressions: int) -> None:
        """So many were made, or may have been, by an intent; an unknown one is left alone."""
        use = self._uses.get(intent)
        if use is None:
            return
        for name in use.sums:
            self._sums[name] += impressions - use.impressions
        self._uses[intent] = _Use(use.sums, impressions)

    def of_permit(self, permit: str) -> int:
        """Return what was spent under a permit in all."""
        return self._sums["permit", permit]

    def seams(self, permit: str) -> int:
        """Return how many of these were seam stamps."""
        return self._sums[SEAM, permit]

    def on_day(self, permit: str, at_ms: int) -> int:
        """Return what was spent under a permit on the local day of a moment."""
        return self._sums[permit, local_date(at_ms)]

    def for_request(self, request: str) -> int:
        """Return what was spent for a request whose intents name it."""
        return self._sums["request", request]
