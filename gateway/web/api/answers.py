"""Answers of the API: store views as JSON, and their schemas for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec import Struct, structs
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.stores.views import EntryDetail, RequestView
from gateway.web.identity import Visitor

TEMPLATE = "#/components/schemas/{name}"


class Index(Struct, frozen=True):
    """Where an order's entry stands in the log."""

    index: int


class Failure(Struct, frozen=True):
    """Why something was not done: a stable code, a sentence, and what was expected and found."""

    code: str
    said: str
    detail: str


def documented(kind: Any) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an endpoint that answers with a `kind`."""
    (schema, failure), _ = msgspec.json.schema_components([kind, Failure], ref_template=TEMPLATE)
    return {
        200: {"description": "OK", "content": {"application/json": {"schema": schema}}},
        "4XX": {"description": "refused", "content": {"application/json": {"schema": failure}}},
    }


def describe(app: FastAPI, kinds: Iterable[Any]) -> dict[str, Any]:
    """Return the OpenAPI document of the API.

    Args:
        kinds: every struct that some endpoint answers with; what they contain follows.
    """
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, components = msgspec.json.schema_components(kinds, ref_template=TEMPLATE)
    schemas.update(components)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "seal_session"},
    }
    document["security"] = [{"bearer": []}, {"session": []}]
    return document


def answer(value: object, status: int = 200) -> Response:
    """Return a value as JSON; bytes become base64."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def for_visitor(view: RequestView, visitor: Visitor) -> RequestView:
    """Return a request without what was withheld, unless this visitor may read it."""
    return view if visitor.may(Action.READ_PERSONAL) else structs.replace(view, opening=None)


def detail_for_visitor(view: EntryDetail, visitor: Visitor) -> EntryDetail:
    """Return an entry without what was withheld from this visitor.

    What auditors wrote of an alert stands with the alert, for those who read alerts.
    """
    if not visitor.may(Action.READ_ALERTS):
        silent = tuple(structs.replace(one, answers=()) for one in view.alerts)
        view = structs.replace(view, alerts=silent)
    return view if visitor.may(Action.READ_PERSONAL) else structs.replace(view, opening=None)
