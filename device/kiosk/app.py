"""The kiosk's web application: wires the pages to the agent's port; nothing else lives here."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from msgspec import structs
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from device.kiosk.applying import Applying
from device.kiosk.emergency import Emergency
from device.kiosk.errors import ElsewhereError, TokenError
from device.kiosk.finding import MatterFinder
from device.kiosk.home import Home
from device.kiosk.keeping import Keeping
from device.kiosk.offline import Offline
from device.kiosk.options import KioskOptions
from device.kiosk.pin_memory import PinMemory
from device.kiosk.port import AgentPort, Person
from device.kiosk.rendering import FOLDER, Headers
from device.kiosk.screen import Screen
from device.kiosk.sign_in import SignIn
from device.kiosk.stamping import Stamping
from device.kiosk.voice import VoicePage, VoiceSetting

HOSTS = ["127.0.0.1", "localhost"]


def create_app(
    port: AgentPort,
    people: Callable[[], tuple[Person, ...]],
    *,
    idle_s: float | None = None,
    options: KioskOptions | None = None,
    clock: Callable[[], float] = time.monotonic,
    pin_file: Path | None = None,
    voice_file: Path | None = None,
) -> FastAPI:
    """Return the application that a clerk's touch screen shows.

    Args:
        people: those who may sign in at this moment; called for every card.
        idle_s: overrides the options' time until an idle clerk is signed out.
        clock: monotonic seconds.
        pin_file: where wrong PINs are kept over a restart; None forgets them.
        voice_file: likewise whether the machine speaks.
    """
    chosen = options or KioskOptions()
    if idle_s is not None:
        chosen = structs.replace(chosen, idle_s=idle_s)
    voice = VoiceSetting(voice_file)
    screen = Screen(port, people, chosen, clock, PinMemory(pin_file), lambda: voice.on)
    routes = _routes(screen, voice)
    app = FastAPI(title="kiosk", docs_url=None, redoc_url=None, openapi_url=None, routes=routes)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    _handle_errors(app, screen)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    app.add_middleware(Headers)
    return app


def _routes(screen: Screen, voice: VoiceSetting) -> list[BaseRoute]:
    finder = MatterFinder(screen)
    pages = (
        SignIn(screen, finder.prepare),
        Home(screen),
        Applying(screen, finder),
        Stamping(screen),
        Offline(screen),
        Keeping(screen),
        Emergency(screen),
        VoicePage(screen, voice),
    )
    return [route for page in pages for route in page.router().routes]


def _handle_errors(app: FastAPI, screen: Screen) -> None:
    def elsewhere(request: Request, error: Exception) -> Response:
        assert isinstance(error, ElsewhereError)
        response: Response = RedirectResponse(error.url, status_code=303)
        if "hx-request" in request.headers:
            response = Response(headers={"HX-Redirect": error.url})
        if error.session is not None:
            screen.remember(response, error.session, screen.port.view())
        return response

    def problem(request: Request, error: Exception) -> Response:
        status, key = _status_of(error)
        if "hx-request" in request.headers or request.url.path.startswith("/static/"):
            return PlainTextResponse(key, status_code=status)
        try:
            visit = screen.visit(request)
        except ElsewhereError as other:
            return elsewhere(request, other)
        words = screen.renderer.words(visit.session)
        title, message = words("problem.title"), words(key)
        return screen.page(visit, "problem.html", title, status, message=message)

    app.add_exception_handler(ElsewhereError, elsewhere)
    for kind in (TokenError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, problem)


def _status_of(error: Exception) -> tuple[int, str]:
    if isinstance(error, TokenError):
        return 403, "problem.token"
    if isinstance(error, RequestValidationError):
        return 400, "problem.form"
    if isinstance(error, HTTPException):
        return error.status_code, "problem.unknown-page"
    return 500, "problem.internal"
