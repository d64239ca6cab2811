"""Signing in, step by step: password, second factor, session; for pages and programs alike.

A try is counted durably before it is looked at. Who has a second factor gets no session without
it; who must have one, by the township's settings, and has none yet may do nothing but set it up.
"""

from __future__ import annotations

import json
from typing import Literal

from fastapi import Request

from gateway.commands_signin import CountAttempt, ForgetAttempts, UseRecovery, UseStep
from gateway.desk import totp
from gateway.desk.accounts import needs_factor, password_holds
from gateway.errors import NotAllowedError, RequestRefusedError
from gateway.orders_signin import is_over
from gateway.stores import Reader
from gateway.stores.signin import Factor
from gateway.stores.views import Account
from gateway.web.sessions import Session
from gateway.web.site import Site
from ledger.codec import sha256

Owed = Literal["", "password", "factor"]
LONGEST_ORIGIN = 120


class WaitError(NotAllowedError):
    """This account has failed too often; `wait_ms` until the next try is looked at."""

    code = "sign-in-wait"
    hint = "Wait, then try again."

    def __init__(self, wait_ms: int) -> None:
        super().__init__(f"expected no try for another {wait_ms} ms, found one")
        self.wait_ms = wait_ms


def check_password(site: Site, name: str, password: str) -> Account | None:
    """Return the account whose name and password these are, or None.

    Raises:
        WaitError: too many tries; nothing was looked at.
    """
    _count(site, name)
    with site.port.reader() as reader:
        account = reader.account(name)
        over = _reset_is_over(reader, name, site.port.now_ms())
    return account if password_holds(account, password) and not over else None


def check_second(site: Site, account: str, code: str) -> bool:
    """Return whether a code is the account's, and use it up; nobody can use it again.

    Raises:
        WaitError: too many tries; nothing was looked at.
    """
    _count(site, account)
    with site.port.reader() as reader:
        factor = reader.factor(account)
    return factor is not None and _use(site, factor, code.strip())


def factor_of(site: Site, account: str) -> Factor | None:
    """Return an account's second factor, or None."""
    with site.port.reader() as reader:
        return reader.factor(account)


def begin(
    site: Site, request: Request, account: str, kind: Literal["cookie", "bearer"]
) -> tuple[str, Session]:
    """Start the session of somebody who has proved to be this account's owner."""
    with site.port.reader() as reader:
        known = reader.account(account)
        stamp = "" if known is None else stamp_of(known, reader.factor(account))
    site.order(ForgetAttempts(by=account))
    return site.sessions.begin(account, stamp, kind, origin_of(request))


def stamp_of(account: Account, factor: Factor | None) -> str:
    """Return what a session depends on: password, second factor, offices, village."""
    parts = [
        account.password_hash,
        sorted(account.offices),
        account.village,
        0 if factor is None else factor.enrolled_ms,
    ]
    return sha256(json.dumps(parts).encode())


def owed(reader: Reader, site: Site, account: Account, offices: tuple[str, ...]) -> Owed:
    """Return what this person must do before anything else."""
    if any(one.account == account.account for one in reader.resets() if one.confirmed_by):
        return "password"
    config = site.port.config
    if needs_factor(offices, config.web.second_factor, config.domain):
        return "" if reader.factor(account.account) is not None else "factor"
    return ""


def origin_of(request: Request) -> str:
    """Return from where and with what a request came, for its owner's eyes."""
    address = request.client.host if request.client else "?"
    program = "".join(one for one in request.headers.get("user-agent", "") if one.isprintable())
    return f"{address} {program}"[:LONGEST_ORIGIN]


def _count(site: Site, name: str) -> None:
    wait_ms = site.order(CountAttempt(by=name[:60]))
    if wait_ms:
        assert isinstance(wait_ms, int)
        raise WaitError(wait_ms)


def _use(site: Site, factor: Factor, code: str) -> bool:
    step = totp.step_of(factor.secret, code, site.port.now_ms(), factor.last_step)
    kept = None if step is not None else totp.recovery_of(factor.recovery, code)
    try:
        if step is not None:
            site.order(UseStep(by=factor.account, step=step))
        elif kept is not None:
            site.order(UseRecovery(by=factor.account, recovery=kept))
    except RequestRefusedError:  # somebody else was quicker with the same code
        return False
    return step is not None or kept is not None


def _reset_is_over(reader: Reader, name: str, now_ms: int) -> bool:
    found = [one for one in reader.resets() if one.account == name and one.confirmed_by]
    return any(is_over(one, now_ms) for one in found)
