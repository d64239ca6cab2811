"""Confirmations in a log: each impression was released once, for its photo. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.records import Intent, Permit
from ledger.records_confirms import ImpressionConfirm

Breaches = Iterator[tuple[str, str]]


class Confirms:
    """Permits whose impressions are released one by one, and the releases not used yet."""

    def __init__(self) -> None:
        self._asking: set[str] = set()
        self._released: dict[tuple[str, int, str], int] = {}  # permit, n, photo: not after

    def permit(self, body: Permit) -> None:
        """Take a permit."""
        if body.confirm is not None:
            self._asking.add(body.permit)

    def confirm(self, body: ImpressionConfirm, approvers: tuple[str, ...]) -> Breaches:
        """Take an approver's answer."""
        if body.by not in approvers:
            yield "separation", f"expected one of {approvers} to release, found {body.by}"
        if body.decision == "release":
            self._released[body.permit, body.n, body.photo] = body.not_after_ms

    def intent(self, at_ms: int, body: Intent) -> Breaches:
        """Take an impression that is reserved."""
        if body.permit not in self._asking:
            return
        ends_ms = self._released.pop((body.permit, body.n, body.page), None)
        if ends_ms is None or at_ms > ends_ms:
            yield (
                "approval-missing",
                f"expected impression {body.n} of {body.permit} released for its photo, found none",
            )
