"""The control address of a machine: faults, paper, lever and card over HTTP on loopback.

Every answer is JSON. A refusal is `{"error", "expected", "found", "hint"}` with status 400, or
422 when the call itself has the wrong form.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable
from typing import Annotated, Any, Literal

import msgspec
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as CallScope

from ledger.listening import listen
from sim import web
from sim.errors import SimError
from sim.faults import CATALOGUE, Scope
from sim.machine import SimMachine
from sim.trace import Fact

START_PATIENCE_S = 10.0


class _Call(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultCall(_Call):
    """`on` is for faults of the line: every frame, or only those that make something move."""

    name: str
    count: int | None = None
    seconds: float | None = None
    on: Scope = Scope.ANY


class PaperCall(_Call):
    """Without `photo`: another sheet of what was laid last; null takes the paper away."""

    photo: str | None = None


class CardCall(_Call):
    """`uid` in hexadecimal, as it is printed on the card or as a reader types it."""

    uid: str


class DoorCall(_Call):
    """A hatch is only ever pushed shut from outside; opening it is the controller's, or a fault."""

    closed: Literal[True] = True
    seal: int = 1


class SealCall(_Call):
    """A hand behind the open hatch takes the seal out or puts it in."""

    present: bool
    seal: int = 1


class PressCall(_Call):
    """Which seal's press, from 1."""

    seal: int = 1


class PanelCall(_Call):
    """What the panel's driver sends; what is left out stays as it is."""

    ok: bool | None = None
    alarm: bool | None = None
    tones: Annotated[int, Field(ge=0, le=100)] = 0


class _BodyIsJson:
    """Takes a body for JSON whatever its sender calls it: `curl -d` and urllib call it a form.

    What a web page of elsewhere sends (browsers then name its origin) is left as it is called,
    so that no page can work a machine behind its visitor's back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: CallScope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if b"origin" not in headers:
                headers[b"content-type"] = b"application/json"
                scope = {**scope, "headers": list(headers.items())}
        return self._app(scope, receive, send)


def create_app(machine: SimMachine) -> FastAPI:
    """Return the application for one machine."""
    app = FastAPI(title="seal-sim", docs_url=None, redoc_url=None)
    app.add_exception_handler(SimError, _refused)
    app.add_exception_handler(RequestValidationError, _misformed)
    app.add_middleware(_BodyIsJson)
    web.mount(app, machine)
    _add_looks(app, machine)
    _add_faults(app, machine)
    _add_hands(app, machine)
    return app


def _add_looks(app: FastAPI, machine: SimMachine) -> None:
    """What can be seen of the machine."""

    @app.get("/state")
    def get_state() -> dict[str, Any]:
        return machine.state()

    @app.get("/events")
    def get_events(after: int = 0) -> list[dict[str, Fact]]:
        return machine.events(after)


def _add_faults(app: FastAPI, machine: SimMachine) -> None:
    """What can go wrong with it."""

    @app.get("/faults")
    def get_faults() -> dict[str, object]:
        return {
            "catalogue": [msgspec.to_builtins(fault) for fault in CATALOGUE],
            "active": machine.state()["faults"],
        }

    @app.post("/faults")
    def set_fault(call: FaultCall) -> dict[str, object]:
        fault = machine.set_fault(call.name, count=call.count, seconds=call.seconds, scope=call.on)
        return {"active": msgspec.to_builtins(fault)}

    @app.delete("/faults/{name}")
    def clear_fault(name: str) -> dict[str, object]:
        return {"name": name, "cleared": machine.clear_fault(name)}


def _add_hands(app: FastAPI, machine: SimMachine) -> None:
    """What people do at it, and what its front shows them."""

    @app.post("/paper")
    def lay_paper(call: PaperCall) -> dict[str, object]:
        again = "photo" not in call.model_fields_set
        sheet = machine.lay_again() if again else machine.lay(call.photo)
        return {"paper": None if sheet is None else msgspec.to_builtins(sheet)}

    @app.post("/lever")
    def press_lever(call: PressCall | None = None) -> dict[str, object]:
        stroke = msgspec.to_builtins(machine.press_lever(1 if call is None else call.seal))
        return {**stroke, "at_ms": machine.state()["at_ms"]}

    @app.post("/card")
    def lay_card(call: CardCall) -> dict[str, object]:
        return {"uid": machine.lay_card(call.uid)}

    @app.post("/door")
    def push_door(call: DoorCall) -> dict[str, object]:
        return {"closed": machine.close_door(call.seal)}

    @app.post("/inside")
    def press_inside(call: PressCall | None = None) -> dict[str, object]:
        stroke = msgspec.to_builtins(machine.press_inside(1 if call is None else call.seal))
        return {**stroke, "at_ms": machine.state()["at_ms"]}

    @app.post("/seal")
    def move_seal(call: SealCall) -> dict[str, object]:
        return {"moved": machine.move_seal(call.present, call.seal)}

    @app.post("/panel")
    def show_panel(call: PanelCall) -> dict[str, object]:
        shown = machine.show_panel(ok=call.ok, alarm=call.alarm, tones=call.tones)
        return {"panel": msgspec.to_builtins(shown)}


class ControlServer:
    """Serves the control address on a free loopback port, on its own thread."""

    def __init__(self, machine: SimMachine, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = listen(host, port)
        config = uvicorn.Config(
            create_app(machine),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="sim-control", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the calls go, without a slash at the end."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Serve; returns when calls are answered."""
        self._thread.start()
        deadline = time.monotonic() + START_PATIENCE_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise SimError("the control address to be served", "a server that did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finish the calls under way and close the port."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SimError)
    body = {
        "error": error.code,
        "expected": error.expected,
        "found": error.found,
        "hint": error.hint,
    }
    return JSONResponse(body, status_code=400)


def _misformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    body = {
        "error": "call-misformed",
        "expected": f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
        "found": repr(first.get("input")),
        "hint": SimError.hint,
    }
    return JSONResponse(body, status_code=422)
