"""Failures: every error becomes a sentence and a way on; never a stack trace."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from gateway.desk.list_table import ListFileError
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotAllowedError,
    NotFoundError,
    RequestRefusedError,
    StoreError,
)
from gateway.web.headers import FIXED
from gateway.web.identity import (
    LIVE,
    SignInNeededError,
    StepOwedError,
    language_of,
    site_of,
    visitor_of,
)
from gateway.web.pages import frame, see_other
from gateway.web.render import explain

API = "/api/"

STATUS: tuple[tuple[type[GatewayError], int], ...] = (
    (SignInNeededError, 401),
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (RequestRefusedError, 409),
    (ListFileError, 422),
    (StoreError, 503),
    (ConfigError, 500),
)

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a page, or with JSON under /api/."""
    app.add_exception_handler(GatewayError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


def code_of(error: GatewayError) -> str:
    """Return the stable word that says best what is wrong."""
    return error.reason if isinstance(error, RequestRefusedError) else error.code


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    status = next((number for kind, number in STATUS if isinstance(error, kind)), 500)
    if isinstance(error, SignInNeededError) and _wants_page(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        suffix = f"?next={quote(target)}" if request.method == "GET" and target != "/" else ""
        return see_other(f"/sign-in{suffix}")
    if isinstance(error, StepOwedError) and _wants_page(request):
        return see_other("/account")
    values = error.values if isinstance(error, RequestRefusedError) else {}
    return _answer(request, status, code_of(error), str(error), values)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "not-found"}.get(error.status_code, "bad-request")
    return _answer(request, error.status_code, code, str(error.detail))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = sorted({".".join(str(part) for part in one["loc"]) for one in error.errors()})
    return _answer(request, 422, "bad-request", f"expected other values for {', '.join(places)}")


def _broken(request: Request, error: Exception) -> Response:
    trace = "".join(traceback.format_exception(error))  # without the values of variables
    log.error("page_failed", path=request.url.path, error=type(error).__name__, trace=trace)
    answer = _answer(request, 500, "broken", "an error that nobody foresaw; see the log")
    for name, value in FIXED.items():
        answer.headers[name] = value
    return answer


def _answer(
    request: Request, status: int, code: str, detail: str, named: Mapping[str, str] | None = None
) -> Response:
    language = language_of(request)
    said = explain(language, code, named)
    if not _wants_page(request):
        return JSONResponse({"code": code, "said": said, "detail": detail}, status)
    site = site_of(request)
    visitor = visitor_of(request) if status < 500 else None
    values = {
        **frame(request),
        "visitor": visitor,
        "csrf": visitor.session.csrf if visitor else "",
        "menu": [],
        "here": "",
        "status": status,
        "said": said,
        "detail": detail,
        "form": _form_of(request) if visitor else "",
    }
    return site.renderer.page("error.html", language, values, status)


def _form_of(request: Request) -> str:
    """Return the page of ours whose form was refused, as a path, or "" if there is none."""
    came = urlsplit(request.headers.get("referer", ""))
    own = request.method == "POST" and came.netloc == request.url.netloc
    if not own or not came.path.startswith("/") or came.path.startswith("//"):
        return ""
    return f"{came.path}?{came.query}" if came.query else came.path


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith((API, LIVE))
