"""Hostile words stay words: in every field, search, address and file that the console takes.

The fields are read off the application itself, so a new one is tried without being named here.
Each carries a word of its own; where one comes back it must come back as text. Which of them must
come back at all says `KEPT`: a walk whose words arrive nowhere would prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote, urlsplit

import pytest
from fastapi import UploadFile
from msgspec import Struct

from gateway.web import CONSOLE
from tests.gateway.web.served.test_access_walk import ENDS_SESSION
from tests.gateway.web.served.things import Things, admit_everybody, things

pytestmark = pytest.mark.slow
RAW, CALCULATED = "<i id=h", "&#39;&#34;49"
SHOWN = re.compile(r"&lt;i id=h(\d+)")
BROWSER = f"{RAW}0>"
FITTING = {
    "POST /approvals/{request_id}": {"decision": "refuse", "kind": [], "number": [], "sheet": []},
    "POST /calendar/draft": {"opens": "09:00", "closes": "17:30", "year": "2027"},
    "POST /custody/{machine}/{seal}/ask": {"purpose": "service"},
    "POST /custody/{machine}/{seal}/state": {"state": "lost"},
    "POST /matters/import": {"layer": "township", "from_date": "2027-01-01"},
    "POST /people/{place}": {
        "account": "new",
        "person": "p-new",
        "card": "",
        "pin": "",
        "offices": "0:clerk",
        "removed": "9",
    },
}  # fmt: skip  what a form needs beside its words, so that they are kept
HUGE = (2**63, 10**400, -(2**63))
KEPT = {
    "GET /log words",
    "GET /matters/why matter",
    "POST /approvals/{request_id} note",
    "POST /custody/{machine}/{seal}/ask reason",
    "POST /custody/{machine}/{seal}/state reason",
    "POST /matters/import file",
    "POST /people/{place} name",
}


class Field(Struct, frozen=True):
    """One field of a route, and what it takes."""

    name: str
    place: str
    takes: Any
    pattern: str
    longest: int

    @property
    def is_free(self) -> bool:
        """Whether it takes any words."""
        return self.takes in (str, list[str]) and not self.pattern


class Walk:
    """Sends a word of its own in each field and remembers which came back, as what."""

    def __init__(self, console: Any, own: Things) -> None:
        self.console, self.own = console, own
        self.token = console.csrf()
        self.sent: dict[int, str] = {0: "User-Agent"}
        self.raw: list[tuple[str, str]] = []
        self.broken: list[tuple[str, int]] = []
        self.shown: set[str] = set()

    def word(self, of: str, longest: int = 200) -> str:
        """Return a new hostile word."""
        number = len(self.sent)
        self.sent[number] = of
        return f"{RAW}{number} onclick=alert(1)>'\"{{{{7*7}}}}</i>"[:longest]

    def ask(self, method: str, address: str, **sent: Any) -> None:
        """Send one request, and look at the page that it leads to."""
        headers = {"x-csrf-token": self.token}
        answer = self.console.client.request(method, address, headers=headers, **sent)
        self.look(f"{method} {address}", answer)
        to = urlsplit(answer.headers.get("location", "")).path
        if to and answer.status_code == 303:
            self.look(f"GET {to}", self.console.client.get(to))

    def look(self, asked: str, answer: Any) -> None:
        """Note an error of ours, words that became markup, and words that came back as text."""
        if answer.status_code >= 500:
            self.broken.append((asked, answer.status_code))
        if answer.headers.get("content-type", "").startswith("text/html"):
            at = answer.text.find(RAW)
            if at >= 0 or (at := answer.text.find(CALCULATED)) >= 0:
                self.raw.append((asked, answer.text[at - 40 : at + 40]))
            self.shown |= {self.sent[int(one)] for one in SHOWN.findall(answer.text)}

    def form(self, route: str, fields: list[Field], everywhere: bool) -> None:
        """Fill one form in: words where they fit, or in every field there is."""
        method, _, path = route.partition(" ")
        data: dict[str, Any] = {}
        files, query = {}, {}
        for one in fields:
            word = self.word(f"{route} {one.name}", one.longest)
            if one.takes is UploadFile:
                files[one.name] = (f"{word}.csv", file(word, everywhere).encode())
                continue
            value = word if everywhere or one.is_free else fitting(one)
            if not everywhere:
                value = FITTING.get(route, {}).get(one.name, value)
            (query if one.place == "query" else data)[one.name] = value
        if method == "POST":
            data["csrf"] = self.token
        sent = {"data": data or None, "files": files or None, "params": query or None}
        self.ask(method, self.own.address(path), **sent)

    def address(self, route: str) -> None:
        """Put words where the address names a thing."""
        method, _, path = route.partition(" ")
        named = re.sub(r"\{\w+\}", lambda _: quote(self.word(f"{route} address"), safe=""), path)
        if named != path:
            self.ask(method, named, data={"csrf": self.token} if method == "POST" else None)


def file(word: str, wrong: bool) -> str:
    """Return a list of items; a wrong one names its word as a verdict, too."""
    return f"代码,事项名称,结论\nH-01,{word.replace(',', ' ')},{word if wrong else '可以'}\n"


def fitting(field: Field) -> Any:
    """Return something that a field of its kind takes."""
    if get_origin(field.takes) is Literal:
        return get_args(field.takes)[0]
    if field.pattern.startswith(("^\\d", "^(\\d")):
        return "2027-01-01"
    if found := re.match(r"\^\(?(\w+)", field.pattern):
        return found[1]
    return "1"


def described(one: Any, place: str) -> Field:
    """Return one of the application's fields."""
    longest = [rule.max_length for rule in one.field_info.metadata if hasattr(rule, "max_length")]
    patterns = [rule.pattern for rule in one.field_info.metadata if getattr(rule, "pattern", None)]
    return Field(
        one.alias, place, one.field_info.annotation, patterns[0] if patterns else "",
        longest[0] if longest else 200,
    )  # fmt: skip


def flat(dependant: Any) -> Iterator[Any]:
    """Yield what an endpoint asks for, and what that asks for."""
    yield dependant
    for one in dependant.dependencies:
        yield from flat(one)


def forms() -> Iterator[tuple[str, list[Field]]]:
    """Yield every route of the console with its fields, but what ends the session."""
    for part in CONSOLE:
        for route in part.router.routes:
            fields = [
                described(field, place)
                for each in flat(route.dependant)
                for place, those in (("form", each.body_params), ("query", each.query_params))
                for field in those
                if field.alias != "csrf"
            ]
            for method in sorted(route.methods - {"HEAD"}):
                if (name := f"{method} {route.path}") not in ENDS_SESSION:
                    yield name, fields


@pytest.fixture
def walk(world: Any, site: Callable[..., Any], pages: Any, password_hash: str) -> Walk:
    """Let somebody who may nearly everything sign in by a browser with a hostile name."""
    own = things(world, "m-1", pages, "陈玉兰", password_hash)
    admit_everybody(world, password_hash)
    console = site()
    console.client.headers["user-agent"] = BROWSER
    assert console.sign_in("all").status_code == 303
    return Walk(console, own)


def test_hostile_words_stay_words_in_every_field_of_the_console(world: Any, walk: Walk) -> None:
    every = list(forms())
    for everywhere in (True, False):
        for route, fields in every:
            walk.form(route, fields, everywhere)
    for route, _ in every:
        walk.address(route)
    for route, _ in every:
        if route.startswith("GET "):
            walk.ask("GET", walk.own.address(route.removeprefix("GET ")))
    with world.app.reader() as reader:
        size = reader.size()
    for index in range(max(0, size - 40), size):
        walk.ask("GET", f"/log/{index}")

    assert walk.raw == []
    assert walk.broken == []
    assert {"User-Agent", *KEPT} - walk.shown == set(), sorted(walk.shown)


def is_number(takes: Any) -> bool:
    """Tell whether a field takes a number, bounded or not, perhaps none."""
    return takes is int or any(is_number(one) for one in get_args(takes))


def numbers() -> Iterator[tuple[str, Field]]:
    """Yield every number of a form or a search of the console with its route."""
    for route, fields in forms():
        yield from ((route, one) for one in fields if is_number(one.takes))


def test_every_number_of_the_console_is_refused_beyond_what_it_may_be(walk: Walk) -> None:
    headers, taken = {"x-csrf-token": walk.token}, []
    tried = {f"{route} {one.name}" for route, one in numbers()}
    for route, one in numbers():
        method, _, path = route.partition(" ")
        for number in HUGE:
            sent = {one.name: str(number)}
            where = {"params": sent} if one.place == "query" else {"data": sent}
            answer = walk.console.client.request(
                method, walk.own.address(path), headers=headers, **where
            )
            said = answer.text if answer.status_code == 422 else ""
            if f".{one.name}" not in said:
                taken.append((route, one.name, number, answer.status_code))

    assert taken == []
    named = {"GET /live/badges seen", "POST /holds/{hold_id} impressions", "GET /log before"}
    assert tried >= named
