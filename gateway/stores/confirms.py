"""Confirmations: impressions that wait for an approver who looks at the live photo."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.stores.views import StoredEntry
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm


class AskView(Struct, frozen=True, kw_only=True):
    """An impression that a machine asked for; `answer` None: nobody has answered."""

    entry: StoredEntry
    body: ImpressionAsk
    answer: ImpressionConfirm | None

    def waits(self, now_ms: int) -> bool:
        """Whether an answer can still come in time."""
        return self.answer is None and now_ms < self.body.until_ms


class ConfirmReader(Protocol):
    """What machines asked for."""

    def impression_ask(self, ask: str) -> AskView | None:
        """Return one by its entry's hash."""
        ...

    def impression_asks(self, limit: int = 20) -> tuple[AskView, ...]:
        """Return the newest, newest first."""
        ...
