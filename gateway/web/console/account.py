"""One's own sign-in: password, second factor, sessions; and what staff may do to others' access."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from msgspec import structs
from starlette.responses import Response

from gateway.commands_signin import (
    AskReset,
    ChangePassword,
    ConfirmReset,
    EndSessions,
    EnrolFactor,
)
from gateway.desk import totp
from gateway.desk.access import Action
from gateway.desk.accounts import hash_password, password_holds
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.web.console.signin import set_session
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.paper import qr
from gateway.web.signing import begin, check_second, factor_of

LEAST_PASSWORD = 10
ONE_TIME_BYTES = 10

router = APIRouter()
Owner = Annotated[Visitor, Depends(Allow(Action.OWN_SIGN_IN))]
Changer = Annotated[Visitor, Depends(AllowChange(Action.OWN_SIGN_IN))]
Resetter = Annotated[Visitor, Depends(AllowChange(Action.RESET_ACCESS))]
Stopper = Annotated[Visitor, Depends(AllowChange(Action.STOP_ACCOUNT))]
Secret = Annotated[str, Form(max_length=200)]


@router.get("/account")
def show(request: Request, visitor: Owner) -> Response:
    """Password, second factor and sessions of the person who looks."""
    with site_of(request).port.reader() as reader:
        return _page(request, reader, visitor)


@router.post("/account/password")
def change_password(
    request: Request, visitor: Changer, old: Secret, new: Secret, again: Secret
) -> Response:
    """Choose another password; other sessions end, this one gets a new token."""
    if not password_holds(visitor.account, old):
        raise RequestRefusedError("password-wrong", "expected today's password, found another")
    if len(new) < LEAST_PASSWORD or new in (old, visitor.account.account):
        raise RequestRefusedError(
            "password-weak", f"expected another password of {LEAST_PASSWORD} characters or more"
        )
    if new != again:
        raise RequestRefusedError("password-differs", "expected the new password twice")
    order = ChangePassword(by=visitor.account.account, password_hash=hash_password(new))
    site_of(request).order(order)
    token, _ = _renewed(request, visitor)
    answer = see_other("/account?done=password-changed")
    set_session(answer, request, token)
    return answer


@router.post("/account/factor")
def offer_factor(request: Request, visitor: Changer, code: Secret = "") -> Response:
    """Show a new second factor to scan; who has one already proves it first."""
    site, account = site_of(request), visitor.account.account
    if factor_of(site, account) is not None and not check_second(site, account, code):
        raise RequestRefusedError("factor-wrong", "expected a code of the factor in use")
    secret = totp.new_secret()
    site.sessions.offer(visitor.session.key, secret)
    with site.port.reader() as reader:
        return _page(request, reader, visitor, **_offer(request, visitor, secret))


@router.post("/account/factor/confirm")
def confirm_factor(request: Request, visitor: Changer, code: Secret) -> Response:
    """Begin to use what was shown, if the app tells the right code; show the recovery codes."""
    site, offered = site_of(request), visitor.session.offered
    step = totp.step_of(offered, code.strip(), site.port.now_ms(), 0) if offered else None
    if step is None:
        with site.port.reader() as reader:
            values = _offer(request, visitor, offered) if offered else {}
            return _page(request, reader, visitor, status=422, fault="factor-wrong", **values)
    codes = totp.new_recovery_codes()
    order = EnrolFactor(
        by=visitor.account.account,
        secret=offered,
        step=step,
        recovery=tuple(totp.hash_recovery(one) for one in codes),
    )
    site.order(order)
    token, fresh = _renewed(request, visitor)
    with site.port.reader() as reader:
        answer = _page(request, reader, fresh, codes=codes)
    set_session(answer, request, token)
    return answer


@router.post("/account/sessions/end")
def end_sessions(
    request: Request, visitor: Changer, session: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """End one of one's sessions, or all others."""
    sessions, account = site_of(request).sessions, visitor.account.account
    if session:
        for one in sessions.of(account):
            if one.key == session:
                sessions.end(one.key)
    else:
        sessions.end_all(account, but=visitor.session.key)
    return see_other("/account?done=sessions-ended")


@router.post("/accounts/{account}/sessions")
def end_others(request: Request, visitor: Stopper, account: str) -> Response:
    """End all sessions of somebody; the log says who did."""
    site = site_of(request)
    site.order(EndSessions(by=visitor.account.account, account=account))
    site.sessions.end_all(account)
    return see_other("/people?done=sessions-ended")


@router.post("/accounts/{account}/reset")
def ask_reset(request: Request, visitor: Resetter, account: str) -> Response:
    """Make a one-time password and show it, this once; another person must confirm it."""
    site = site_of(request)
    with site.port.reader() as reader:
        known = reader.account(account)
    if known is None:
        raise NotFoundError(f"expected an account, found none named {account[:40]}")
    password = base64.b32encode(secrets.token_bytes(ONE_TIME_BYTES)).decode().lower()
    order = AskReset(
        by=visitor.account.account, account=account, password_hash=hash_password(password)
    )
    site.order(order)
    with site.port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "reset.html",
            "people",
            name=known.name,
            account=account,
            password=password,
        )


@router.post("/accounts/{account}/reset/confirm")
def confirm_reset(request: Request, visitor: Resetter, account: str) -> Response:
    """Make another person's reset good; the account's sessions end."""
    site = site_of(request)
    site.order(ConfirmReset(by=visitor.account.account, account=account))
    site.sessions.end_all(account)
    return see_other("/people?done=reset-confirmed")


def _page(
    request: Request, reader: Reader, visitor: Visitor, *, status: int = 200, **values: Any
) -> Response:
    account = visitor.account.account
    given = {"fault": "", "codes": (), "qr": "", "spelled": "", **values}
    return page(
        request,
        reader,
        visitor,
        "account.html",
        "account",
        status=status,
        factor=reader.factor(account),
        passkeys=reader.passkeys(account),
        with_passkeys=site_of(request).port.config.web.passkeys is not None,
        sessions=site_of(request).sessions.of(account),
        least=LEAST_PASSWORD,
        **given,
    )


def _offer(request: Request, visitor: Visitor, secret: bytes) -> dict[str, Any]:
    issuer = site_of(request).port.config.township_name
    address = totp.address(secret, visitor.account.account, issuer)
    return {"qr": qr(address), "spelled": totp.spelled(secret)}


def _renewed(request: Request, visitor: Visitor) -> tuple[str, Visitor]:
    """End every session of this person and begin a new one; return its token."""
    site, account = site_of(request), visitor.account.account
    site.sessions.end_all(account)
    token, session = begin(site, request, account, visitor.session.kind)
    return token, structs.replace(visitor, session=session)
