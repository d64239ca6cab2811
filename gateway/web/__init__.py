"""Web: the console and the JSON API over one port; `create_app` wires them and nothing else."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from gateway.web import api, failures
from gateway.web.api.answers import describe
from gateway.web.console import (
    account,
    alerts,
    approvals,
    calendar,
    channels,
    confirms,
    custody,
    delegations,
    emergency,
    entries,
    filed,
    holds,
    home,
    imports,
    ledger,
    list_drafts,
    machines,
    matters,
    papers,
    passkeys,
    people,
    permits,
    policy,
    precision,
    registrations,
    retention,
    signin,
    standing,
    troubles,
)
from gateway.web.headers import SecurityHeaders
from gateway.web.port import ConsolePort
from gateway.web.render import STATIC
from gateway.web.site import Site

CONSOLE = (
    signin,
    account,
    passkeys,
    home,
    approvals,
    confirms,
    filed,
    papers,
    entries,
    ledger,
    alerts,
    precision,
    holds,
    custody,
    registrations,
    permits,
    standing,
    emergency,
    imports,
    list_drafts,
    matters,
    policy,
    calendar,
    delegations,
    machines,
    people,
    retention,
    channels,
    troubles,
)

# One router for every application: to work out its routes anew for each takes half a second.
ROUTER = APIRouter()
for part in CONSOLE:
    ROUTER.include_router(part.router, include_in_schema=False)
ROUTER.include_router(api.router)


def create_app(port: ConsolePort) -> FastAPI:
    """Return the gateway's web application.

    Args:
        port: the running gateway; see `gateway.web.port`.
    """
    app = FastAPI(
        title="sealkeeper gateway",
        version="1",
        docs_url=None,  # the stock pages load from another host
        redoc_url=None,
        openapi_url="/openapi.json",
        routes=list(ROUTER.routes),
    )
    app.state.site = Site(port)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.openapi = partial(describe, app, api.KINDS)  # type: ignore[method-assign]  # FastAPI's own way
    failures.install(app)
    app.add_middleware(SecurityHeaders)
    return app
