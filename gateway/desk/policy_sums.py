"""Rolling sums: what was asked for besides, for the same payee, so that splitting shows. Pure.

A payment in parts stays below a tier with each part; together the parts do not. What counts is
every request that is open or was permitted, filed within the policy's days before or after: of
two parts that wait together, both are raised. Requests without a payee add up together.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from gateway.desk.policy import ApprovalPolicy, Facts, rule_of
from ledger.matters import normalise

DAY_MS = 24 * 3600 * 1000


class Asked(Struct, frozen=True, kw_only=True):
    """One request as it is added up; `filed_ms` when the gateway took it."""

    request: str
    village: str
    facts: Facts
    payee: str
    filed_ms: int


class Sum(Struct, frozen=True, kw_only=True):
    """What is added to a request's own amount, and the requests that it comes from."""

    amount_fen: int = 0
    requests: tuple[str, ...] = ()


def payee_key(payee: str) -> str:
    """Return a payee as it is compared: NFKC, case, spaces and punctuation do not count."""
    return normalise(payee)


def window_ms(policy: ApprovalPolicy | None) -> int:
    """Return how far around a request its sum looks; 0: nothing is added up."""
    if policy is None or policy.splitting is None:
        return 0
    return policy.splitting.days * DAY_MS


def sum_beside(policy: ApprovalPolicy | None, one: Asked, others: Iterable[Asked]) -> Sum:
    """Return what other requests add to a request."""
    if policy is None or policy.splitting is None:
        return Sum()
    found = [
        other
        for other in others
        if other.request != one.request
        and other.village == one.village
        and abs(other.filed_ms - one.filed_ms) <= window_ms(policy)
        and payee_key(other.payee) == payee_key(one.payee)
        and _alike(policy, one.facts, other.facts)
    ]
    return Sum(
        amount_fen=sum(other.facts.amount_fen or 0 for other in found),
        requests=tuple(other.request for other in found if other.facts.amount_fen),
    )


def _alike(policy: ApprovalPolicy, one: Facts, other: Facts) -> bool:
    """Return whether two items' amounts are added up; items of no rule only with themselves."""
    if one.matter == other.matter:
        return True
    assert policy.splitting is not None
    rule = rule_of(policy, one)
    return policy.splitting.across == "rule" and rule is not None and rule is rule_of(policy, other)
