"""Templates to pages: HTML in the session's language, with the headers that every page carries."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device.kiosk.sessions import Session
from device.texts import Language, Words

FOLDER = Path(__file__).parent
_NUMBER = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)+")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Renderer:
    """Fills templates; a text or value that is missing is an error, never an empty spot."""

    def __init__(self) -> None:
        self._templates = _templates()
        self._words: dict[Language, Words] = {"zh": Words("zh"), "en": Words("en")}

    def words(self, session: Session) -> Words:
        """Return the texts in the session's language."""
        return self._words[session.language]

    def html(
        self, template: str, session: Session, context: dict[str, Any], status: int = 200
    ) -> Response:
        """Return the filled template; `t` and `session` are always known to it."""
        text = self._templates.get_template(template).render(
            {**context, "session": session, "t": self.words(session)}
        )
        return HTMLResponse(text, status_code=status)


@functools.cache  # each is compiled once in a program
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["unbroken"] = unbroken
    return templates


def unbroken(text: str) -> Markup:
    """Return a text as HTML whose numbers with hyphens, as of a telephone, stay on one line."""
    return Markup(_NUMBER.sub(r'<span class="unbroken">\g<0></span>', str(escape(text))))


def mark_of(session: Session, *shown: object) -> str:
    """Return a short mark of what a fragment shows: equal marks, equal looks."""
    seen = msgspec.json.encode([session.language, session.size, *shown])
    return hashlib.sha256(seen).hexdigest()[:16]


def local_path(url: str) -> str:
    """Return the path of `url`, so that nothing leads away from this machine."""
    path = urlsplit(url).path
    return path if path.startswith("/") and not path.startswith("//") else "/"


class Headers:
    """ASGI middleware: adds the fixed headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """Pass the request on; the headers go on with the answer's start."""

        def send_with_headers(message: Message) -> Any:
            if message["type"] == "http.response.start":
                _add(message)
            return send(message)

        return self._app(scope, receive, send_with_headers)


def _add(message: MutableMapping[str, Any]) -> None:
    known = {name.lower() for name, _ in message.get("headers", ())}
    extra = [
        (name.lower().encode(), value.encode())
        for name, value in _HEADERS.items()
        if name.lower().encode() not in known
    ]
    message["headers"] = [*message.get("headers", ()), *extra]
