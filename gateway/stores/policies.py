"""Policies: what the store tells of approval policies, of who stands in for whom, and of requests
as a policy adds them up."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from gateway.stores.views import RequestView


class PolicyView(Struct, frozen=True, kw_only=True):
    """One version of the approval policy; `released_index` None: a draft.

    Times are when the gateway took the entry; `index` and `sha256` are the draft's.
    """

    version: int
    from_date: str
    file_sha256: str
    by: str
    index: int
    sha256: str
    drafted_ms: int
    released_index: int | None
    released_by: str | None
    released_ms: int | None


class PaymentView(Struct, frozen=True, kw_only=True):
    """What is added up of a request; `values` None: its opening is not here, or was erased."""

    request: str
    matter: str
    filed_ms: int
    values: dict[str, Any] | None


class DelegationView(Struct, frozen=True, kw_only=True):
    """Offices that a substitute holds for somebody who is away; `ended_by` None: not ended."""

    delegation: str
    index: int
    absent: str
    substitute: str
    offices: tuple[str, ...]
    from_ms: int
    until_ms: int
    by: str
    ended_by: str | None
    ended_ms: int | None

    def holds(self, at_ms: int) -> bool:
        """Whether the substitute may act at a moment."""
        ended = self.ended_ms is not None and at_ms >= self.ended_ms
        return self.from_ms <= at_ms < self.until_ms and not ended


class PolicyReader(Protocol):
    """Approval policies, delegations, and requests by time."""

    def approval_policies(self) -> tuple[PolicyView, ...]:
        """Return every draft and release, newest draft first."""
        ...

    def policy_content(self, file_sha256: str) -> bytes | None:
        """Return the canonical JSON of a policy."""
        ...

    def policy_file(self, file_sha256: str) -> bytes | None:
        """Return the file of a policy as a person wrote it."""
        ...

    def delegations(self, after_ms: int) -> tuple[DelegationView, ...]:
        """Return the delegations that had not run out by then, newest first."""
        ...

    def delegation(self, delegation: str) -> DelegationView | None:
        """Return a delegation by the hash of the entry that gives it."""
        ...

    def payments_between(
        self, machines: tuple[str, ...], from_ms: int, to_ms: int
    ) -> tuple[PaymentView, ...]:
        """Return requests of these machines that came in [from, to] and were not refused."""
        ...

    def undecided_before(self, before_ms: int, limit: int) -> tuple[str, ...]:
        """Return undecided requests that came before then, the oldest first."""
        ...

    def filed_by(self, accounts: tuple[str, ...], limit: int) -> tuple[RequestView, ...]:
        """Return the requests that these accounts filed, newest first."""
        ...
