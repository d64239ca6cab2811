"""Persons: whose account it is; rules compare persons, never accounts."""

from __future__ import annotations

from gateway.stores import History


def person_of(account: str, history: History) -> str:
    """Return the person of an account; one that is unknown here stands for itself."""
    known = history.account(account)
    return account if known is None else known.person
