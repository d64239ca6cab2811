"""Sign in, sign out, change the language."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.desk.accounts import password_holds
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
from gateway.web.sessions import LONGEST_MS, Session
from gateway.web.site import Site

FORM_COOKIE = "seal_form"  # ties the sign-in form to this browser before there is a session
YEAR_S = 365 * 24 * 3600

router = APIRouter()
Leaver = Annotated[Visitor, Depends(AllowChange(Action.READ_HOME))]


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
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not secrets.compare_digest(cookie.encode(), form.encode()):
        return _form(request, "sign-in.form-expired", local(next), 403)
    name = account.strip()
    pause_ms = site.sessions.pause_ms(name)
    if pause_ms:
        return _form(request, "sign-in.wait", local(next), 429, minutes=pause_ms // 60_000 + 1)
    begun = begin(site, name, password, "cookie")
    if begun is None:
        return _form(request, "sign-in.wrong", local(next), 403)
    token, _ = begun
    before = site.sessions.find(request.cookies.get(COOKIE, ""))
    if before is not None:
        site.sessions.end(before.key)
    answer = see_other(local(next))
    _set(answer, request, COOKIE, token, LONGEST_MS // 1000)
    answer.delete_cookie(FORM_COOKIE)
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


def begin(site: Site, account: str, password: str, kind: str) -> tuple[str, Session] | None:
    """Return a new session's token and the session, or None for a wrong name or password."""
    with site.port.reader() as reader:
        known = reader.account(account)
    if not password_holds(known, password) or known is None:
        site.sessions.note_failure(account)
        return None
    return site.sessions.begin(
        known.account, known.password_hash, "bearer" if kind == "bearer" else "cookie"
    )


def local(url: str) -> str:
    """Return a path of this site, or the home page for anything that leads elsewhere."""
    inside = url.startswith("/") and not url.startswith(("//", "/\\", "/sign-in"))
    return url if inside and url.isprintable() else "/"


def _form(
    request: Request, fault: str, next_url: str, status: int = 200, **values: object
) -> Response:
    site = site_of(request)
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = site.renderer.page(
        "signin.html",
        language_of(request),
        {
            **frame(request),
            "visitor": None,
            "fault": fault,
            "values": values,
            "form": token,
            "next": next_url,
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
