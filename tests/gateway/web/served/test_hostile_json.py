"""Hostile JSON: whatever a program sends, the answer says what was expected, and never breaks.

Bodies, fields, searches and addresses are read off the application, so a new one is tried without
being named here. Each field takes every value in turn, beside others that fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote

import httpx
import pytest
from msgspec import Struct
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.web import api
from tests.gateway.web.served.test_access_walk import ENDS_SESSION
from tests.gateway.web.served.test_hostile_fields import RAW, flat
from tests.gateway.web.served.things import Things, admit_everybody, things

pytestmark = pytest.mark.slow
WORDS = (
    "", " ", "\x00", "a\r\nb\x1b[31m", "\u202e章印\u200b", "\ud800", "=1+1", f"{RAW}0 onclick=x>'",
    "'; DROP TABLE entries;--", "../../etc/passwd", "x" * 100_000, "𠮷" * 200,
)  # fmt: skip
VALUES = (
    *WORDS, None, True, -1, 0, 2**31, 2**63, 10**400, 0.1, 1e308, float("nan"), float("inf"),
    [], {}, [[[]]], ["a"] * 1000, {"kind": None}, {"": ""},
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b'"a"', b"1", b"NaN", b"{}", b"\xff\xfe{}", b"\x00",
    b"[" * 100_000, b'{"a":' * 50_000, b'{"a":1,"a":2}', b"9" * 5_000,
)  # fmt: skip
SEARCHES = ("", "\x00", "-1", "0", str(2**63), "9" * 400, "9" * 5_000, "nan", "\ud800", *WORDS[3:])


class Route(Struct, frozen=True):
    """One address of the API, and what may be sent to it."""

    method: str
    path: str
    body: type[BaseModel] | None
    searches: tuple[str, ...]


def routes() -> Iterator[Route]:
    """Yield every route of the API, but what ends the session."""
    for route in (one for part in api.PARTS for one in part.router.routes):
        path, asked = f"/api/v1{route.path}", list(flat(route.dependant))
        bodies = [one.field_info.annotation for each in asked for one in each.body_params]
        searches = tuple(one.alias for each in asked for one in each.query_params)
        for method in sorted(route.methods - {"HEAD"}):
            if f"{method} {path}" not in ENDS_SESSION:
                yield Route(method, path, bodies[0] if bodies else None, searches)


def fitting(field: FieldInfo) -> Any:
    """Return something that a field of a body takes."""
    takes: Any = field.annotation
    if get_origin(takes) is Literal:
        return get_args(takes)[0]
    if any(getattr(rule, "pattern", None) for rule in field.metadata):
        return "2027-01-01"
    return {str: "1", int: 1, bool: False}.get(takes, [])


def bodies_of(kind: type[BaseModel]) -> Iterator[bytes]:
    """Yield bodies that are wrong as a whole, and those with each value in each field."""
    yield from BODIES
    fits = {name: fitting(one) for name, one in kind.model_fields.items()}
    for name, field in kind.model_fields.items():
        inner = next(
            (one for one in get_args(field.annotation) if hasattr(one, "model_fields")), None
        )
        for value in VALUES:
            yield json.dumps({**fits, name: value}).encode()
            for part in inner.model_fields if inner is not None else ():
                parts = {each: fitting(one) for each, one in inner.model_fields.items()}
                yield json.dumps({**fits, name: [{**parts, part: value}]}).encode()


def spelled(word: str) -> str:
    """Return a word as a part of an address, no longer than a server reads at all."""
    return quote(word[:2000], safe="", errors="surrogatepass")


class Program:
    """A program with a bearer's token that sends what it should not."""

    def __init__(self, client: Any, own: Things) -> None:
        self.client, self.own = client, own
        self.wrong: set[tuple[str, int, str]] = set()
        self.tried = self.taken = 0

    def ask(self, method: str, address: str, body: bytes | None = None) -> None:
        """Send one request; note an error of ours and a refusal that does not say what is wrong."""
        headers = {} if body is None else {"content-type": "application/json"}
        sent = f"{method} {address[:80]} {(body or b'')[:80]!r}"
        self.tried += 1
        try:
            answer = self.client.request(method, address, content=body, headers=headers)
        except httpx.TransportError as error:  # a server that fails hangs up
            self.wrong.add((sent, 0, repr(error)))
            return
        self.taken += answer.status_code < 400
        if answer.status_code >= 500:
            self.wrong.add((sent, answer.status_code, ""))
        elif answer.status_code >= 400:
            said = answer.json()
            if not all(said.get(name) for name in ("code", "said", "detail")):
                self.wrong.add((sent, answer.status_code, answer.text[:200]))

    def everything(self, route: Route) -> None:
        """Send one route each wrong body, each search and each name that nothing has."""
        address = self.own.address(route.path)
        for body in bodies_of(route.body) if route.body is not None else ():
            self.ask(route.method, address, body)
        for word in SEARCHES:
            for name in route.searches:
                self.ask(route.method, f"{address}?{name}={spelled(word)}")
            named = re.sub(r"\{\w+\}", lambda _: spelled(word) or "-", route.path)  # noqa: B023
            if named != route.path:
                self.ask(route.method, named, None if route.body is None else b"{}")


@pytest.fixture
def program(world: Any, site: Callable[..., Any], pages: Any, password_hash: str) -> Program:
    """A program of somebody who may nearly everything; the township has something of each kind."""
    own = things(world, "m-1", pages, "陈玉兰", password_hash)
    admit_everybody(world, password_hash)
    client = site().client
    told = client.post("/api/v1/token", json={"account": "all", "password": "correct horse 42"})
    client.headers["authorization"] = f"Bearer {told.json()['token']}"
    return Program(client, own)


def test_nothing_that_a_program_sends_breaks_the_api_or_is_refused_without_a_reason(
    world: Any, site: Callable[..., Any], program: Program
) -> None:
    every = list(routes())

    for route in every:
        program.everything(route)

    assert program.wrong == set()
    assert program.tried > 1000 and program.taken > 50
    console = site("zhao")
    with world.app.reader() as reader:
        size = reader.size()
    for index in range(size):  # what was taken is shown as words
        assert RAW not in console.get(f"/log/{index}").text
