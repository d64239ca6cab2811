"""Service: the witness over HTTP, and what it shows to everybody.

`POST /add-checkpoint`, `GET /<origin hash>/checkpoint` (c2sp.org/tlog-witness), `GET /evidence`,
`GET /evidence/<name>`, and `GET /`, which says in plain text what was seen last.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
import structlog
import uvicorn
from fastapi import Body, FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import ConfigError, StoreError, ThreadEndedError
from gateway.witness.config import WitnessConfig, load_signer, watched
from gateway.witness.cosigner import LARGEST_REQUEST, TEXT_TYPE, Cosigner
from gateway.witness.memory import Memory
from ledger import checkpoint, notes

WATCH_S = 1.0  # how often the thread that answers is looked at
JOIN_S = 20.0
JSON_TYPE = "application/json"

log = structlog.get_logger()


class Parts(msgspec.Struct, frozen=True):
    """A witness put together."""

    vkey: str
    memory: Memory
    cosigner: Cosigner


def assemble(config: WitnessConfig) -> Parts:
    """Return the witness that a configuration describes; nothing is started.

    Raises:
        ConfigError: a key is missing or wrong.
        StoreError: the state folder cannot be used.
    """
    signer = load_signer(config)
    logs = watched(config)
    key = notes.cosigner_of(signer.record, config.name)
    memory = Memory(config.state, key)
    return Parts(key.vkey, memory, Cosigner(config.name, signer, logs, memory, _now_s))


def create_app(parts: Parts) -> FastAPI:
    """Return the witness's web application."""
    app = FastAPI(title="sealkeeper witness", openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/add-checkpoint")
    def add_checkpoint(body: Annotated[bytes, Body()] = b"") -> Response:
        answer = parts.cosigner.add_checkpoint(body)
        # The specification wants exactly this type: Response would add a charset to text/.
        return Response(answer.body, answer.status, headers={"Content-Type": answer.media_type})

    @app.get("/")
    def status() -> Response:
        return PlainTextResponse(_status(parts))

    @app.get("/evidence")
    def evidence() -> Response:
        return Response(msgspec.json.encode(parts.memory.evidence()), media_type=JSON_TYPE)

    @app.get("/evidence/{name}")
    def one_evidence(name: str) -> Response:
        found = parts.memory.evidence().get(name)
        if found is None:
            return PlainTextResponse("expected the name of evidence kept here\n", 404)
        return Response(msgspec.json.encode(found), media_type=JSON_TYPE)

    @app.get("/{origin_hash}/checkpoint")
    def latest(origin_hash: str) -> Response:
        note = parts.memory.note(origin_hash)
        if note is None:
            return PlainTextResponse("expected a log that was cosigned here\n", 404)
        return Response(note, headers={"Content-Type": TEXT_TYPE, "Cache-Control": "no-store"})

    app.add_exception_handler(StoreError, _broken)
    app.add_middleware(_Plain)
    return app


class Witness:
    """The running service of one witness."""

    def __init__(self, config: WitnessConfig) -> None:
        parts = assemble(config)
        try:
            self._listener = socket.create_server((config.host, config.port), backlog=128)
        except OSError as error:
            raise ConfigError(
                f"expected {config.host}:{config.port} free, found: {error}"
            ) from error
        self.vkey = parts.vkey
        self.url = f"http://{config.host}:{self._listener.getsockname()[1]}/"
        self._web = uvicorn.Server(
            uvicorn.Config(create_app(parts), log_config=None, access_log=False, lifespan="off")
        )

    def run(self, stopping: threading.Event, ready: Callable[[], None]) -> None:
        """Answer until `stopping` is set.

        Raises:
            ThreadEndedError: the thread that answers has ended by itself.
        """
        thread = threading.Thread(
            target=self._web.run, args=([self._listener],), name="web", daemon=True
        )
        with contextlib.closing(self._listener):
            thread.start()
            ready()
            while not stopping.wait(WATCH_S):
                if not thread.is_alive():
                    raise ThreadEndedError("expected the thread web to work, found it ended")
            self._web.should_exit = True
            thread.join(JOIN_S)


class _Plain:
    """Takes a body for bytes, whatever the sender calls it, and bounds its size.

    Plain callables that hand on the awaitable of the next one: they own no task and no loop.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] == "POST":
            length = Headers(scope=scope).get("content-length", "")
            if not length.isascii() or not length.isdigit():
                refusal = PlainTextResponse("expected Content-Length\n", 411)
                return refusal(scope, receive, send)
            if int(length) > LARGEST_REQUEST:
                refusal = PlainTextResponse(f"expected at most {LARGEST_REQUEST} bytes\n", 413)
                return refusal(scope, receive, send)
            MutableHeaders(scope=scope)["content-type"] = "application/octet-stream"
        return self._app(scope, receive, send)


def _status(parts: Parts) -> str:
    lines = [parts.vkey, ""]
    for raw in parts.memory.notes():
        head = checkpoint.parse(notes.parse(raw).text)
        lines.append(f"{head.origin} {head.size}")
    evidence = parts.memory.evidence()
    forks = sum(1 for one in evidence.values() if one.kind == "fork")
    lines.append(f"evidence: {forks} forks, {len(evidence) - forks} heads without proof")
    return "\n".join([*lines, ""])


def _broken(_request: Request, error: Exception) -> Response:
    log.error("memory_failed", reason=str(error), hint=StoreError.hint)
    return PlainTextResponse("expected a memory that works: tell the witness's operator\n", 500)


def _now_s() -> int:
    return int(time.time())
