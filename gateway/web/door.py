"""Door: the few pages that machines ask over TLS, before and beside the broker.

It has no accounts: who asks proves what he has, see `gateway.enrolling`. Nothing of the console
is behind it, so that it may stand open where the console may not.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.enrolling import Enrolling
from gateway.errors import GatewayError, RequestRefusedError
from ledger import enrolcodes, keyacts
from ledger.errors import LedgerError
from ledger.keyacts import EnrolmentDraft

LARGEST = 32_768  # bytes of a question

log = structlog.get_logger()

Text = Annotated[str, Field(max_length=8000)]
Short = Annotated[str, Field(max_length=200)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Begin(_Question):
    """A code, as it was typed."""

    code: Short


class Present(_Question):
    """A code, and the wish of its machine to enter: JSON of a `ledger.keyacts.EnrolmentDraft`."""

    code: Short
    draft: Text


class Certify(_Question):
    """A key for the link, and the proof of who asks; see `Enrolling.certificate`."""

    machine: Short
    epoch: Annotated[int, Field(ge=1, le=2**31)]
    link_key: Short
    challenge: Short
    signature: Short


def create_door(enrolling: Enrolling) -> FastAPI:
    """Return the machines' web application."""
    app = FastAPI(title="sealkeeper door", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/v1/authority")
    def authority() -> Response:
        """The authority's certificate; who holds a code compares its fingerprint."""
        return PlainTextResponse(enrolling.authority.pem)

    @app.get("/v1/challenge")
    def challenge() -> dict[str, str]:
        return {"challenge": enrolling.challenge()}

    @app.post("/v1/begin")
    def begin(question: Begin, request: Request) -> Response:
        facts = enrolling.begin(enrolcodes.read(question.code), request.url.hostname or "")
        return JSONResponse(structs.asdict(facts))

    @app.post("/v1/present")
    def present(question: Present) -> dict[str, str]:
        draft = keyacts.decode(question.draft.encode())
        if not isinstance(draft, EnrolmentDraft):
            raise RequestRefusedError("key-form", f"expected an enrolment: {keyacts.act(draft)}")
        return {"state": enrolling.present(enrolcodes.read(question.code), draft)}

    @app.post("/v1/certificate")
    def certificate(question: Certify) -> Response:
        given = enrolling.certificate(**question.model_dump())
        log.info("certificate_given", machine=question.machine)
        return JSONResponse(structs.asdict(given))

    app.add_exception_handler(GatewayError, _refuse)
    app.add_exception_handler(LedgerError, _refuse)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _unread)
    app.add_middleware(_Bounded)
    return app


def _refuse(_request: Request, error: Exception) -> Response:
    code = getattr(error, "reason", getattr(error, "code", "gateway"))
    log.warning("door_refused", code=code, reason=str(error))
    return JSONResponse({"error": code, "message": str(error)}, status_code=403)


def _misread(_request: Request, error: Exception) -> Response:
    """Say where a question is wrong, and repeat nothing of it: not all of it could be written."""
    assert isinstance(error, RequestValidationError)
    places = sorted({ascii(".".join(map(str, one["loc"]))) for one in error.errors()})
    said = f"expected other values for {', '.join(places)[:200]}"
    return JSONResponse({"error": "bad-request", "message": said}, status_code=422)


def _unread(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {"error": "bad-request", "message": str(error.detail)}
    return JSONResponse(said, status_code=error.status_code)


class _Bounded:
    """Refuses long bodies, and those that do not say how long they are, before reading them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] == "POST":
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit() or len(length) > 9 or int(length) > LARGEST:
                said = f"expected a body of at most {LARGEST} bytes that says its length"
                answer = JSONResponse({"error": "too-long", "message": said}, status_code=413)
                return answer(scope, receive, send)
        return self._app(scope, receive, send)
