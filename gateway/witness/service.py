"""Service: the witness over HTTP, and what it shows to everybody.

`POST /add-checkpoint`, `GET /<origin hash>/checkpoint` (c2sp.org/tlog-witness), `GET /evidence`,
`GET /evidence/<name>`, `GET /`, which says in plain text what was seen last, and `GET /monitor`
and `/monitor/en`, the page of the monitor that runs with it (`gateway.witness.following`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import uvicorn
from fastapi import Body, FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import ConfigError, StoreError, ThreadEndedError
from gateway.witness import following, learned
from gateway.witness.config import WitnessConfig, load_signer, watched
from gateway.witness.cosigner import LARGEST_REQUEST, TEXT_TYPE, Cosigner
from gateway.witness.following import Following
from gateway.witness.memory import Memory
from gateway.witness.monitor_page import FILES
from gateway.witness.texts import say
from ledger import checkpoint, notes
from ledger.listening import listen
from ledger.texts import Language

WATCH_S = 1.0  # how often the thread that answers is looked at
JOIN_S = 20.0
JSON_TYPE = "application/json"

log = structlog.get_logger()


class Parts(msgspec.Struct, frozen=True):
    """A witness put together; `pages` is the folder of the monitor's, None without one."""

    vkey: str
    memory: Memory
    cosigner: Cosigner
    pages: Path | None = None


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
    cosigner = Cosigner(config.name, signer, logs, memory, _now_s, learned.named(config))
    pages = following.folder(config) if config.monitor.enabled and config.logs else None
    return Parts(key.vkey, memory, cosigner, pages)


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

    _evidence_pages(app, parts.memory)
    _monitor_pages(app, parts)

    @app.get("/{origin_hash}/checkpoint")
    def latest(origin_hash: str) -> Response:
        note = parts.memory.note(origin_hash)
        if note is None:
            return PlainTextResponse("expected a log that was cosigned here\n", 404)
        return Response(note, headers={"Content-Type": TEXT_TYPE, "Cache-Control": "no-store"})

    app.add_exception_handler(StoreError, _broken)
    app.add_middleware(_Plain)
    return app


def _evidence_pages(app: FastAPI, memory: Memory) -> None:
    @app.get("/evidence")
    def evidence() -> Response:
        return Response(msgspec.json.encode(memory.evidence()), media_type=JSON_TYPE)

    @app.get("/evidence/{name}")
    def one_evidence(name: str) -> Response:
        found = memory.evidence().get(name)
        if found is None:
            return PlainTextResponse("expected the name of evidence kept here\n", 404)
        return Response(msgspec.json.encode(found), media_type=JSON_TYPE)


def _monitor_pages(app: FastAPI, parts: Parts) -> None:
    @app.get("/monitor")
    def monitor() -> Response:
        return _monitor_page(parts, "zh")

    @app.get("/monitor/en")
    def monitor_english() -> Response:
        return _monitor_page(parts, "en")


class Witness:
    """The running service of one witness."""

    def __init__(self, config: WitnessConfig) -> None:
        parts = assemble(config)
        try:
            self._listener = listen(config.host, config.port)
        except OSError as error:
            raise ConfigError(
                f"expected {config.host}:{config.port} free, found: {error}"
            ) from error
        self.vkey, self.follows = parts.vkey, parts.pages is not None
        scheme = "http" if config.tls is None else "https"
        self.url = f"{scheme}://{config.host}:{self._listener.getsockname()[1]}/"
        self._following: Following | None = None
        with contextlib.ExitStack() as undo:
            undo.callback(self._listener.close)
            self._web = _server(create_app(parts), config)
            if parts.pages is not None:
                self._following = Following(config, lambda: _now_s() * 1000)
            undo.pop_all()

    def run(self, stopping: threading.Event, ready: Callable[[], None]) -> None:
        """Answer, and follow the logs, until `stopping` is set.

        Raises:
            ThreadEndedError: one of the two has ended by itself.
        """
        threads = [
            threading.Thread(
                target=self._web.run, args=([self._listener],), name="web", daemon=True
            )
        ]
        if self._following is None:
            log.warning("monitor_off", hint=say("zh", "off"))
        else:
            run = self._following.run
            threads.append(
                threading.Thread(target=run, args=(stopping,), name="monitor", daemon=True)
            )
        with contextlib.closing(self._listener):
            for thread in threads:
                thread.start()
            ready()
            while not stopping.wait(WATCH_S):
                for thread in threads:
                    _check_alive(thread, stopping)
            self._web.should_exit = True
            for thread in threads:
                thread.join(JOIN_S)
        if self._following is not None:
            self._following.close()


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


def _server(app: FastAPI, config: WitnessConfig) -> uvicorn.Server:
    """Return the web server, with the certificate if there is one.

    Raises:
        ConfigError: certificate or key cannot be used.
    """
    secured: dict[str, Path] = {}
    if config.tls is not None:
        secured = {"ssl_certfile": config.tls.certificate, "ssl_keyfile": config.tls.key}
    options = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", **secured)  # type: ignore[arg-type]
    try:
        options.load()
    except OSError as error:
        assert config.tls is not None, "nothing else is read"
        raise ConfigError(
            f"expected a certificate in {config.tls.certificate} and its key in "
            f"{config.tls.key}, both PEM, found: {error}"
        ) from error
    return uvicorn.Server(options)


def _check_alive(thread: threading.Thread, stopping: threading.Event) -> None:
    if not thread.is_alive() and not stopping.is_set():
        raise ThreadEndedError(f"expected the thread {thread.name} to work, found it ended")


def _monitor_page(parts: Parts, language: Language) -> Response:
    if parts.pages is None:
        return PlainTextResponse(f"{say('zh', 'off')}\n{say('en', 'off')}\n", 404)
    links: dict[Language, str] = {"zh": "/monitor", "en": "/monitor/en"}
    try:
        page = (parts.pages / FILES[language]).read_text(encoding="utf-8")
    except FileNotFoundError:
        return PlainTextResponse("expected a page soon: the monitor has just begun\n", 503)
    for other, name in FILES.items():
        page = page.replace(f'href="{name}"', f'href="{links[other]}"')
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _status(parts: Parts) -> str:
    lines = [parts.vkey, ""]
    for raw in parts.memory.notes():
        head = checkpoint.parse(notes.parse(raw).text)
        lines.append(f"{head.origin} {head.size}")
    evidence = parts.memory.evidence()
    forks = sum(1 for one in evidence.values() if one.kind == "fork")
    lines.append(f"evidence: {forks} forks, {len(evidence) - forks} heads without proof")
    lines.append("monitor: off" if parts.pages is None else "monitor: on, see /monitor")
    return "\n".join([*lines, ""])


def _broken(_request: Request, error: Exception) -> Response:
    log.error("memory_failed", reason=str(error), hint=StoreError.hint)
    return PlainTextResponse("expected a memory that works: tell the witness's operator\n", 500)


def _now_s() -> int:
    return int(time.time())
