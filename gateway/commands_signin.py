"""What signing in orders of the writer; see `gateway.commands`.

Those of `OWN` come from the sign-in itself, concern the account `by` alone and need no office.
"""

from __future__ import annotations

from typing import get_args

from msgspec import Struct


class CountAttempt(Struct, frozen=True, kw_only=True):
    """Count a try of an account name before it is looked at.

    Answer: 0, or how long (ms) to wait; then nothing was counted and nothing may be looked at.
    """

    by: str


class ForgetAttempts(Struct, frozen=True, kw_only=True):
    """Forget the tries of an account that has signed in. Answer: None."""

    by: str


class UseStep(Struct, frozen=True, kw_only=True):
    """Use up a step of a second factor. Answer: None; refused if it was used: `factor-replayed`."""

    by: str
    step: int


class UseRecovery(Struct, frozen=True, kw_only=True):
    """Use up a recovery code (its hash). Answer: how many are left; refused if it was used."""

    by: str
    recovery: str


class EnrolFactor(Struct, frozen=True, kw_only=True):
    """Begin to use a second factor, or replace it. Answer: None."""

    by: str
    secret: bytes
    step: int
    recovery: tuple[str, ...]


class ChangePassword(Struct, frozen=True, kw_only=True):
    """Choose one's own password (argon2id); a reset ends with it. Answer: None."""

    by: str
    password_hash: str


class AskReset(Struct, frozen=True, kw_only=True):
    """Ask for a one-time password for somebody. Answer: the AccountAct's index."""

    by: str
    account: str
    password_hash: str


class ConfirmReset(Struct, frozen=True, kw_only=True):
    """Make another person's reset good; the second factor goes with it. Answer: entry's index."""

    by: str
    account: str


class EndSessions(Struct, frozen=True, kw_only=True):
    """Write down that somebody else's sessions are ended. Answer: the AccountAct's index."""

    by: str
    account: str


class AddPasskey(Struct, frozen=True, kw_only=True):
    """Keep a passkey of the own account. Answer: None."""

    by: str
    credential: str
    public_key: bytes
    sign_count: int
    label: str


class UsePasskey(Struct, frozen=True, kw_only=True):
    """Keep the counter of a passkey that was used. Answer: None; refused if it went back."""

    by: str
    credential: str
    sign_count: int


class DropPasskey(Struct, frozen=True, kw_only=True):
    """Forget a passkey of the own account. Answer: None."""

    by: str
    credential: str


OwnCommand = (
    CountAttempt
    | ForgetAttempts
    | UseStep
    | UseRecovery
    | EnrolFactor
    | ChangePassword
    | AddPasskey
    | UsePasskey
    | DropPasskey
)
SignInCommand = OwnCommand | AskReset | ConfirmReset | EndSessions
OWN = frozenset(get_args(OwnCommand))
