"""Passkeys on the pages: adding one to the own account, signing in with one, dropping one."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Form, Request
from starlette.responses import JSONResponse, Response

from gateway.commands_signin import AddPasskey, DropPasskey, UsePasskey
from gateway.config import PasskeyConfig
from gateway.desk.access import Action
from gateway.desk.accounts import NO_PASSWORD
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.web import passkey_checks
from gateway.web.console.signin import FORM_COOKIE, local, set_session
from gateway.web.identity import COOKIE, AllowChange, AllowOrder, Visitor, site_of
from gateway.web.pages import see_other
from gateway.web.signing import begin, origin_of

CHALLENGE_COOKIE = "seal_challenge"

router = APIRouter()
Owner = Annotated[Visitor, Depends(AllowOrder(Action.OWN_SIGN_IN))]
Dropper = Annotated[Visitor, Depends(AllowChange(Action.OWN_SIGN_IN))]
Answer = Annotated[dict[str, Any], Body()]


@router.post("/account/passkeys/options")
def options_to_add(request: Request, visitor: Owner) -> Response:
    """What the browser needs to make a passkey; who has no second factor yet sets that up first."""
    site = site_of(request)
    config = _config(request)
    with site.port.reader() as reader:
        factor = reader.factor(visitor.account.account)
        known = reader.passkeys(visitor.account.account)
    if factor is None:
        raise RequestRefusedError("factor-first", "expected a second factor before a passkey")
    options, challenge = passkey_checks.options_to_add(config, visitor.account, known)
    site.challenges.give(visitor.session.key, challenge)
    return Response(options, media_type="application/json")


@router.post("/account/passkeys")
def add(request: Request, visitor: Owner, answer: Answer) -> Response:
    """Keep the passkey that the browser made."""
    site = site_of(request)
    challenge = site.challenges.take(visitor.session.key)
    seen = passkey_checks.added(_config(request), answer, challenge)
    order = AddPasskey(
        by=visitor.account.account,
        credential=seen.credential,
        public_key=seen.public_key,
        sign_count=seen.sign_count,
        label=origin_of(request),
    )
    site.order(order)
    return JSONResponse({"next": "/account?done=passkey-added"})


@router.post("/account/passkeys/drop")
def drop(
    request: Request, visitor: Dropper, credential: Annotated[str, Form(max_length=1400)]
) -> Response:
    """Forget one of one's own passkeys."""
    order = DropPasskey(by=visitor.account.account, credential=credential)
    site_of(request).order(order)
    return see_other("/account?done=passkey-dropped")


@router.post("/sign-in/passkey/options")
def options_to_sign_in(request: Request) -> Response:
    """What the browser needs to sign in with a passkey."""
    options, challenge = passkey_checks.options_to_sign_in(_config(request))
    browser = secrets.token_urlsafe(24)
    site_of(request).challenges.give(browser, challenge)
    answer = Response(options, media_type="application/json")
    answer.set_cookie(
        CHALLENGE_COOKIE,
        browser,
        max_age=passkey_checks.CHALLENGE_MS // 1000,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-in/passkey")
def sign_in(request: Request, answer: Answer) -> Response:
    """Begin a session for the owner of the passkey that answered; it is both factors."""
    site = site_of(request)
    challenge = site.challenges.take(request.cookies.get(CHALLENGE_COOKIE, ""))
    with site.port.reader() as reader:
        known = reader.passkey(str(answer.get("id", "")))
        account = None if known is None else reader.account(known.account)
    if known is None or account is None or account.password_hash == NO_PASSWORD:
        raise passkey_checks.PasskeyError("expected a passkey that was added here, found another")
    count = passkey_checks.used(_config(request), answer, challenge, known)
    site.order(UsePasskey(by=account.account, credential=known.credential, sign_count=count))
    before = site.sessions.find(request.cookies.get(COOKIE, ""))
    if before is not None:
        site.sessions.end(before.key)
    token, _ = begin(site, request, account.account, "cookie")
    done = JSONResponse({"next": local(request.query_params.get("next", ""))})
    set_session(done, request, token)
    done.delete_cookie(CHALLENGE_COOKIE)
    done.delete_cookie(FORM_COOKIE)
    return done


def _config(request: Request) -> PasskeyConfig:
    found = site_of(request).port.config.web.passkeys
    if found is None:
        raise NotFoundError("expected [web] passkeys in the settings, found none")
    return found
