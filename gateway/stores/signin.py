"""Sign-in: what the store keeps beside the log of tries, second factors and reset passwords."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Attempts(Struct, frozen=True, kw_only=True):
    """Tries in a row of one account name, known or not."""

    name: str
    count: int
    last_ms: int


class Factor(Struct, frozen=True, kw_only=True):
    """An account's second factor.

    Args:
        last_step: the newest step whose code was used.
        recovery: argon2id hashes of the recovery codes that are left.
    """

    account: str
    secret: bytes
    last_step: int
    recovery: tuple[str, ...]
    enrolled_ms: int


class Passkey(Struct, frozen=True, kw_only=True):
    """A passkey (its credential id, base64url) of an account; `label` is where it was added."""

    credential: str
    account: str
    public_key: bytes
    sign_count: int
    label: str
    added_ms: int


class Reset(Struct, frozen=True, kw_only=True):
    """A one-time password: asked for by one person, good once another has confirmed it.

    It stands until its owner has chosen a password.
    """

    account: str
    password_hash: str
    by: str
    asked_ms: int
    confirmed_by: str | None


class SignInReader(Protocol):
    """Tries, second factors and resets."""

    def attempts(self, name: str) -> Attempts | None: ...

    def factor(self, account: str) -> Factor | None: ...

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        """Return an account's passkeys, the oldest first."""
        ...

    def passkey(self, credential: str) -> Passkey | None: ...

    def resets(self) -> tuple[Reset, ...]:
        """Return those that stand, by account."""
        ...


class SignInWriter(Protocol):
    """The same to the writer."""

    def put_attempts(self, name: str, attempts: Attempts | None, most: int) -> None:
        """Remember the tries of a name, or (None) forget them; `most` names, newest first."""
        ...

    def put_factor(self, account: str, factor: Factor | None) -> None:
        """Keep an account's second factor, or (None) remove it."""
        ...

    def put_passkey(self, credential: str, passkey: Passkey | None) -> None:
        """Keep a passkey, or (None) forget it."""
        ...

    def forget_access(self, account: str) -> bool:
        """Forget an account's second factor and passkeys; tell whether there were any."""
        ...

    def put_reset(self, account: str, reset: Reset | None) -> None:
        """Keep an account's reset, or (None) end it."""
        ...
