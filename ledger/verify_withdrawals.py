"""Withdrawn requests in a log: no permit is given for one, and nothing is pressed for it. Pure.

What a machine took back itself (`ledger.withdrawals`) it knows at once, in the order of its chain.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.records import Intent, Permit, Refusal
from ledger.withdrawals import withdrawn

Breaches = Iterator[tuple[str, str]]
_CODE = "request-withdrawn"


class Withdrawals:
    """Every request that its machine took back, and which request each permit is for."""

    def __init__(self) -> None:
        self._machines: dict[bytes, str] = {}  # that took it back, by request
        self._requests: dict[str, bytes] = {}  # by permit

    def refusal(self, author: str, body: Refusal) -> None:
        """Take a refusal of a machine, or of the gateway, which takes nothing back."""
        if about := withdrawn(body):
            self._machines.setdefault(bytes.fromhex(about), author)

    def permit(self, body: Permit) -> Breaches:
        """Take the permit of a request."""
        request = bytes.fromhex(body.request)
        self._requests[body.permit] = request
        if self._machines.get(request) == body.machine:
            yield _CODE, f"expected a permit of a request that stands, found {body.request}"

    def emergency(self, permit: str, request: str) -> None:
        """Take an emergency permit; its machine knows what it took back."""
        self._requests[permit] = bytes.fromhex(request)

    def intent(self, author: str, body: Intent) -> Breaches:
        """Take an impression that is reserved; under a standing permit it names its request."""
        named = self._requests.get(body.permit) if body.request is None else None
        request = bytes.fromhex(body.request) if body.request is not None else named
        if request is not None and self._machines.get(request) == author:
            yield _CODE, f"expected no impression for {request.hex()}, which {author} took back"
