"""Accounts: who may sign in, and with which offices.

Passwords are argon2id hashes. Accounts are no entries: they lie beside the log.
"""

from __future__ import annotations

from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.stores.views import Account

OFFICES = (
    "approver",
    "auditor",
    "administrator",
    "keeper",
    "clerk",
    "secretary",
    "director",
    "supervisor",
    "station",
    "county",
    "technician",
)
"""All offices; `approver` is what townships without finer offices call those who approve."""
VILLAGE_OFFICES = frozenset({"clerk", "keeper", "secretary", "director", "supervisor"})
"""Offices that are held in one village, and see and decide nothing of another."""
FACTOR_OFFICES = frozenset(OFFICES) - {"clerk", "keeper"}
"""Offices that need a second factor in the field, where the settings say nothing else."""
NO_PASSWORD = "-"  # no password matches it: who has it cannot sign in with one
_DECOY = "no such account"


def needs_factor(offices: Iterable[str], configured: tuple[str, ...] | None, domain: str) -> bool:
    """Return whether one of these offices may be used with a second factor alone.

    Args:
        configured: the township's setting; None: `FACTOR_OFFICES` in the field, nobody in a
            simulation.
    """
    usual = FACTOR_OFFICES if domain == "field" else frozenset()
    return not (usual if configured is None else frozenset(configured)).isdisjoint(offices)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return PasswordHasher().hash(password)


def password_holds(account: Account | None, password: str) -> bool:
    """Tell whether a password is an account's; takes as long when there is no such account."""
    hasher = PasswordHasher()
    if account is None:
        hasher.hash(_DECOY)
        return False
    try:
        return hasher.verify(account.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
