"""Headers: an ASGI wrapper that adds the security headers and bounds the size of a body.

The pages have no inline script, no inline style and no host but their own. Written with plain
callables that hand on the awaitable of the next one, so it owns no task and no loop.
"""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 8_000_000  # bytes; an items list as CSV is far smaller

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FIXED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
STATIC = "/static/"


class SecurityHeaders:
    """Wraps an application; every response leaves with the headers above.

    Everything but static files is `no-store`: pages show personal data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on; refuse a body that is too long or does not say how long it is."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), scope["path"])
            return send(message)

        refusal = _refuse_body(scope)
        return (refusal or self._app)(scope, receive, send_with_headers)


def _add(headers: MutableHeaders, path: str) -> None:
    for name, value in FIXED.items():
        headers[name] = value
    caching = "public, max-age=31536000, immutable" if path.startswith(STATIC) else "no-store"
    headers["Cache-Control"] = caching


def _refuse_body(scope: Scope) -> PlainTextResponse | None:
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return PlainTextResponse("expected Content-Length, found a chunked body", 411)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
        return PlainTextResponse(f"expected a body of at most {LARGEST_BODY} bytes", 413)
    return None
