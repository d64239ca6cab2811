"""Sign in by password and second factor, sign out, change the language."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.web.identity import (
    COOKIE,
    LANGUAGE_COOKIE,
    AllowChange,
    Visitor,
    language_of,
    site_of,
    visitor_of,
)
from gateway.web.pages import frame, see_other
from gateway.web.sessions import HALF_MS, LONGEST_MS
from gateway.web.signing import WaitError, begin, check_password, check_second, factor_of

HALF_COOKIE = "seal_half"  # between password and second factor
FORM_COOKIE = "seal_form"  # ties the sign-in form to this browser before there is a session
CODE = "signin_code.html"
YEAR_S = 365 * 24 * 3600

router = APIRouter()
Leaver = Annotated[Visitor, Depends(AllowChange(Action.OWN_SIGN_IN))]


@router.get("/sign-in")
def show(request: Request) -> Response:
    """The sign-in form; who is signed in already goes on to the home page."""
    if visitor_of(request) is not None:
        return see_other(local(request.query_params.get("next", "")))
    return _form(request, "", local(request.query_params.get("next", "")))


@router.post("/sign-in")
def sign_in(
    request: Request,
    account: Annotated[str, Form(max_length=60)],
    password: Annotated[str, Form(max_length=200)],
    form: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002  the customary name of this field
) -> Response:
    """Begin a session with a fresh token, or say what is wrong."""
    site = site_of(request)
    if not _is_own_form(request, form):
        return _form(request, "sign-in.form-expired", local(next), 403)
    try:
        known = check_password(site, account.strip(), password)
    except WaitError as error:
        return _wait(request, error, local(next))
    if known is None:
        return _form(request, "sign-in.wrong", local(next), 403)
    if factor_of(site, known.account) is None:
        return _signed_in(request, known.account, local(next))
    answer = see_other(f"/sign-in/code?next={quote(local(next))}")
    half = site.sessions.begin_half(known.account)
    _set(answer, request, HALF_COOKIE, half, HALF_MS // 1000)
    return answer


@router.get("/sign-in/code")
def ask_code(request: Request) -> Response:
    """Ask for the code of the second factor, of somebody who knew the password."""
    if site_of(request).sessions.half(request.cookies.get(HALF_COOKIE, "")) is None:
        return see_other("/sign-in")
    return _form(request, "", local(request.query_params.get("next", "")), template=CODE)


@router.post("/sign-in/code")
def try_code(
    request: Request,
    code: Annotated[str, Form(max_length=60)],
    form: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002  the customary name of this field
) -> Response:
    """Begin a session with a fresh token, or say that the code is not right."""
    sessions = site_of(request).sessions
    half = request.cookies.get(HALF_COOKIE, "")
    account = sessions.half(half)
    if account is None or not _is_own_form(request, form):
        return _form(request, "sign-in.form-expired", local(next), 403)
    try:
        right = check_second(site_of(request), account, code)
    except WaitError as error:
        return _wait(request, error, local(next))
    if not right:
        return _form(request, "sign-in.code-wrong", local(next), 403, CODE)
    sessions.end_half(half)
    answer = _signed_in(request, account, local(next))
    answer.delete_cookie(HALF_COOKIE)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, visitor: Leaver) -> Response:
    """End this session."""
    site_of(request).sessions.end(visitor.session.key)
    answer = see_other("/sign-in")
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/language/{language}")
def choose_language(request: Request, language: str, back: str = "/") -> Response:
    """Remember the language for a year and go back."""
    answer = see_other(local(back))
    _set(answer, request, LANGUAGE_COOKIE, "en" if language == "en" else "zh", YEAR_S)
    return answer


def set_session(answer: Response, request: Request, token: str) -> None:
    """Let the browser keep a session's token until the working day is over."""
    _set(answer, request, COOKIE, token, LONGEST_MS // 1000)


def local(url: str) -> str:
    """Return a path of this site, or the home page for anything that leads elsewhere."""
    inside = url.startswith("/") and not url.startswith(("//", "/\\", "/sign-in"))
    return url if inside and url.isprintable() else "/"


def _is_own_form(request: Request, form: str) -> bool:
    cookie = request.cookies.get(FORM_COOKIE, "")
    return bool(cookie) and secrets.compare_digest(cookie.encode(), form.encode())


def _signed_in(request: Request, account: str, url: str) -> Response:
    """Begin a session and end the one that this browser had."""
    site = site_of(request)
    before = site.sessions.find(request.cookies.get(COOKIE, ""))
    if before is not None:
        site.sessions.end(before.key)
    token, _ = begin(site, request, account, "cookie")
    answer = see_other(url)
    set_session(answer, request, token)
    answer.delete_cookie(FORM_COOKIE)
    return answer


def _wait(request: Request, error: WaitError, next_url: str) -> Response:
    minutes = error.wait_ms // 60_000 + 1
    return _form(request, "sign-in.wait", next_url, 429, minutes=minutes)


def _form(
    request: Request,
    fault: str,
    next_url: str,
    status: int = 200,
    template: str = "signin.html",
    **values: object,
) -> Response:
    site = site_of(request)
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = site.renderer.page(
        template,
        language_of(request),
        {
            **frame(request),
            "visitor": None,
            "fault": fault,
            "values": values,
            "form": token,
            "next": next_url,
            "with_passkeys": site.port.config.web.passkeys is not None,
        },
        status,
    )
    _set(answer, request, FORM_COOKIE, token, 3600)
    return answer


def _set(answer: Response, request: Request, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
