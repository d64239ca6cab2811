"""What went wrong and what is done about it, as the store tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from gateway.stores.answered import Outcome
from gateway.stores.views import AlertView, CaseView, Gap, HoldView, Trouble


class Dropped(Struct, frozen=True, kw_only=True):
    """How many messages of a machine were not even put into quarantine: it was full."""

    machine: str
    count: int
    last_ms: int


class AuditReader(Protocol):
    """What went wrong and what is done about it. Lists come newest first."""

    def holds(self, open_only: bool = True) -> tuple[HoldView, ...]: ...

    def hold(self, hold: str) -> HoldView | None: ...

    def alert(self, alert: str) -> AlertView | None: ...

    def alert_keyed(self, key: str) -> AlertView | None:
        """Return the alert that was raised with this key."""
        ...

    def alerts(
        self,
        severity: str | None = None,
        machine: str | None = None,
        without_case: bool = False,
        before: int | None = None,
        limit: int = 50,
        without_answer: bool = False,
    ) -> tuple[AlertView, ...]:
        """Return alerts; `before` is an index of AlertRecords."""
        ...

    def outcomes(self, from_ms: int, to_ms: int) -> tuple[Outcome, ...]:
        """Return what became of each alert raised in [from, to), the oldest first."""
        ...

    def alerts_about(self, entries: Iterable[str]) -> dict[str, tuple[AlertView, ...]]:
        """Return the alerts on entries by payload hash, oldest first; entries without are left
        out."""
        ...

    def case(self, case: str) -> CaseView | None: ...

    def cases(self) -> tuple[CaseView, ...]: ...

    def gaps(self) -> tuple[Gap, ...]:
        """Return the gaps that are open now."""
        ...

    def troubles(self, before: int | None = None, limit: int = 50) -> tuple[Trouble, ...]:
        """Return what could not be taken; `before` is a trouble's number."""
        ...

    def trouble_bytes(self, number: int) -> bytes | None:
        """Return the kept bytes of a trouble."""
        ...

    def dropped(self) -> tuple[Dropped, ...]: ...
