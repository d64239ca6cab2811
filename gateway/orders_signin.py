"""Orders of the sign-in: tries, second factors, passwords; and what others do to an account.

What somebody else does is an entry; what a person does to the own account is not: it gives no
right that was not there. A reset takes two persons, because whoever sets a password could act in
its owner's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import structs

from gateway.book import Book, Done, known_account, named_account
from gateway.commands_signin import (
    AddPasskey,
    AskReset,
    ChangePassword,
    ConfirmReset,
    CountAttempt,
    DropPasskey,
    EndSessions,
    EnrolFactor,
    ForgetAttempts,
    UsePasskey,
    UseRecovery,
    UseStep,
)
from gateway.desk import attempts
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Transaction
from gateway.stores.signin import Attempts, Factor, Passkey, Reset

MOST_PASSKEYS = 10
RESET_HOURS = 24  # until another person has confirmed, and then until its owner has signed in
HOUR_MS = 3600 * 1000
Handler = Callable[[Transaction, Any, int], Done]


class SignInOrders:
    """Carries out orders of the sign-in; belongs to the writer thread."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def handlers(self) -> dict[type, Handler]:
        """Return who carries out what."""
        return {
            CountAttempt: count_attempt,
            ForgetAttempts: forget_attempts,
            UseStep: use_step,
            UseRecovery: use_recovery,
            EnrolFactor: enrol_factor,
            ChangePassword: change_password,
            AddPasskey: add_passkey,
            UsePasskey: use_passkey,
            DropPasskey: drop_passkey,
            AskReset: self.ask_reset,
            ConfirmReset: self.confirm_reset,
            EndSessions: self.end_sessions,
        }

    def ask_reset(self, transaction: Transaction, command: AskReset, now_ms: int) -> Done:
        """Keep a one-time password that nobody can use until another person has confirmed."""
        account = named_account(transaction, command.account)
        transaction.put_reset(
            account.account,
            Reset(
                account=account.account,
                password_hash=command.password_hash,
                by=command.by,
                asked_ms=now_ms,
                confirmed_by=None,
            ),
        )
        index = self._book.note(transaction, account, "password-reset", command.by, None, now_ms)
        return Done(answer=index)

    def confirm_reset(self, transaction: Transaction, command: ConfirmReset, now_ms: int) -> Done:
        """Make another person's reset good."""
        found = next((one for one in transaction.resets() if one.account == command.account), None)
        if found is None or found.confirmed_by is not None or is_over(found, now_ms):
            raise NotFoundError(
                f"expected a reset of {command.account[:40]} that waits, found none"
            )
        asker = transaction.account(found.by)
        confirmer = known_account(transaction, command.by)
        account = named_account(transaction, found.account)
        if asker is None or confirmer.person in (asker.person, account.person):
            raise RequestRefusedError(
                "draft-own", f"expected another person than {found.by} and {found.account}"
            )
        transaction.put_account(structs.replace(account, password_hash=found.password_hash))
        transaction.forget_access(account.account)
        transaction.put_attempts(account.account, None, attempts.MOST_NAMES)
        transaction.put_reset(
            account.account, structs.replace(found, confirmed_by=command.by, asked_ms=now_ms)
        )
        index = self._book.note(
            transaction, account, "password-reset", found.by, command.by, now_ms
        )
        return Done(answer=index)

    def end_sessions(self, transaction: Transaction, command: EndSessions, now_ms: int) -> Done:
        """Write down who ended somebody's sessions."""
        account = named_account(transaction, command.account)
        index = self._book.note(transaction, account, "sessions-ended", command.by, None, now_ms)
        return Done(answer=index)


def is_over(reset: Reset, now_ms: int) -> bool:
    """Return whether a reset has stood for too long to be confirmed or used."""
    return now_ms - reset.asked_ms > RESET_HOURS * HOUR_MS


def count_attempt(transaction: Transaction, command: CountAttempt, now_ms: int) -> Done:
    """Count a try, unless the account must wait; see `gateway.desk.attempts`."""
    name = command.by[:60]
    known = transaction.attempts(name)
    wait_ms = attempts.pause_ms(known, now_ms)
    if not wait_ms:
        count = 1 if known is None else known.count + 1
        tried = Attempts(name=name, count=count, last_ms=now_ms)
        transaction.put_attempts(name, tried, attempts.MOST_NAMES)
    return Done(answer=wait_ms)


def forget_attempts(transaction: Transaction, command: ForgetAttempts, _now_ms: int) -> Done:
    """Forget the tries of somebody who has signed in."""
    transaction.put_attempts(command.by, None, attempts.MOST_NAMES)
    return Done(answer=None)


def use_step(transaction: Transaction, command: UseStep, _now_ms: int) -> Done:
    """Use up a step; neither it nor an earlier one counts again."""
    factor = _factor(transaction, command.by)
    if command.step <= factor.last_step:
        raise RequestRefusedError("factor-replayed", "expected a code that nobody has used")
    transaction.put_factor(command.by, structs.replace(factor, last_step=command.step))
    return Done(answer=None)


def use_recovery(transaction: Transaction, command: UseRecovery, _now_ms: int) -> Done:
    """Use up a recovery code."""
    factor = _factor(transaction, command.by)
    left = tuple(one for one in factor.recovery if one != command.recovery)
    if left == factor.recovery:
        raise RequestRefusedError("factor-replayed", "expected a code that nobody has used")
    transaction.put_factor(command.by, structs.replace(factor, recovery=left))
    return Done(answer=len(left))


def enrol_factor(transaction: Transaction, command: EnrolFactor, now_ms: int) -> Done:
    """Use a second factor from now on."""
    known_account(transaction, command.by)
    factor = Factor(
        account=command.by,
        secret=command.secret,
        last_step=command.step,
        recovery=command.recovery,
        enrolled_ms=now_ms,
    )
    transaction.put_factor(command.by, factor)
    return Done(answer=None)


def change_password(transaction: Transaction, command: ChangePassword, _now_ms: int) -> Done:
    """Replace one's own password."""
    account = known_account(transaction, command.by)
    transaction.put_account(structs.replace(account, password_hash=command.password_hash))
    transaction.put_reset(account.account, None)
    return Done(answer=None)


def add_passkey(transaction: Transaction, command: AddPasskey, now_ms: int) -> Done:
    """Keep a passkey, unless somebody has it."""
    known_account(transaction, command.by)
    if transaction.passkey(command.credential) is not None:
        raise RequestRefusedError("passkey-known", "expected a new passkey, found one that is here")
    if len(transaction.passkeys(command.by)) >= MOST_PASSKEYS:
        raise RequestRefusedError("passkey-many", f"expected at most {MOST_PASSKEYS} passkeys")
    passkey = Passkey(
        credential=command.credential,
        account=command.by,
        public_key=command.public_key,
        sign_count=command.sign_count,
        label=command.label,
        added_ms=now_ms,
    )
    transaction.put_passkey(command.credential, passkey)
    return Done(answer=None)


def use_passkey(transaction: Transaction, command: UsePasskey, _now_ms: int) -> Done:
    """Keep a passkey's counter; one that does not rise (but from 0) is a copy's."""
    found = transaction.passkey(command.credential)
    if found is None or found.account != command.by:
        raise NotFoundError("expected a passkey of this account, found none")
    if (command.sign_count or found.sign_count) and command.sign_count <= found.sign_count:
        raise RequestRefusedError("passkey-copied", "expected a counter that rose")
    changed = structs.replace(found, sign_count=command.sign_count)
    transaction.put_passkey(command.credential, changed)
    return Done(answer=None)


def drop_passkey(transaction: Transaction, command: DropPasskey, _now_ms: int) -> Done:
    """Forget one of one's own passkeys."""
    found = transaction.passkey(command.credential)
    if found is None or found.account != command.by:
        raise NotFoundError("expected a passkey of this account, found none")
    transaction.put_passkey(command.credential, None)
    return Done(answer=None)


def _factor(transaction: Transaction, account: str) -> Factor:
    found = transaction.factor(account)
    if found is None:
        raise NotFoundError(f"expected a second factor of {account[:40]}, found none")
    return found
