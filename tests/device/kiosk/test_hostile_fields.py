"""Hostile words stay words in every field of the machine's screen, also those still to come.

The fields are read off the application; each is sent a word of its own wherever the clerk may be:
before the sign-in, in a request, while a seal is out, in an emergency. No page may carry one as
markup, and those that a clerk reads again must come back as text, or this would prove nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from msgspec import structs

from device.kiosk.app import create_app
from device.kiosk.port import EmergencyView
from tests.device.kiosk.conftest import Village
from tests.device.kiosk.test_keeping import Desk, seal, taken

RAW = "<i id=h"
SHOWN = re.compile(r"&lt;i id=h(\d+)")
QUESTIONS = (
    *("applicant", "purpose", "payee", "amount", "copies", "seams", "holder", "place", "days"),
    *("counted", "sound"),
)
WRITTEN = {
    "/apply/unlisted answer",
    "/apply/applicant answer",
    "/apply/purpose answer",
    "/apply/payee answer",
    "/custody/holder answer",
    "/custody/place answer",
}  # the reason of an emergency is shown by no page of the machine


class Walk:
    """Sends a word of its own in each field, and remembers what came back as text."""

    def __init__(
        self,
        client: httpx.Client,
        fields: dict[str, tuple[str, ...]],
        searches: dict[str, tuple[str, ...]],
    ) -> None:
        self.client, self.fields, self.searches = client, fields, searches
        self.sent: list[str] = []
        self.shown: set[str] = set()
        self.tried: set[str] = set()
        self.wrong: list[tuple[str, int, str]] = []

    def word(self, of: str) -> str:
        """Return a new hostile word, short enough for a name."""
        self.sent.append(of)
        return f"{RAW}{len(self.sent) - 1} onclick=x>'{{{{7*7}}}}"

    def everywhere(self, token: str) -> None:
        """Send every form of the application with words in all its fields."""
        for path, fields in self.fields.items():
            for address in addresses(path):
                data = {name: self.word(f"{address} {name}") for name in fields if name != "token"}
                if data:
                    self.tried.add(path)
                    self.look(address, self.client.post(address, data={**data, "token": token}))

    def names(self) -> None:
        """Ask for things that have such a name, and search for them."""
        for path, names in self.searches.items():
            params = {name: self.word(f"{path} {name}") for name in names}
            named = re.sub(r"\{\w+\}", lambda _: quote(self.word("address"), safe=""), path)
            self.look(named, self.client.get(named, params=params))

    def write(self, token: str, address: str, name: str = "answer") -> None:
        """Answer one question with a word of its own."""
        word = self.word(f"{address} {name}")
        self.look(address, self.client.post(address, data={"token": token, name: word}))

    def look(self, asked: str, answer: httpx.Response) -> None:
        """Note errors of ours and words that became markup."""
        text = answer.text if "html" in answer.headers.get("content-type", "") else ""
        at = max(text.find(RAW), text.find("&#39;49"))
        if answer.status_code >= 500 or at >= 0:
            self.wrong.append((asked, answer.status_code, text[max(0, at - 40) : at + 40]))
        self.shown |= {self.sent[int(one)] for one in SHOWN.findall(text)}


def addresses(path: str) -> Iterator[str]:
    """Yield a route's addresses: every question that there is, and one thing of each kind."""
    for question in QUESTIONS if "{question}" in path else ("",):
        filled = path.replace("{question}", question)
        yield re.sub(r"\{\w+\}", "committee", filled)


def flat(dependant: Any) -> Iterator[Any]:
    yield dependant
    yield from chain.from_iterable(flat(one) for one in dependant.dependencies)


@pytest.fixture
def walk(client: httpx.Client, village: Village) -> Walk:
    app = create_app(village, lambda: village.people)
    fields: dict[str, tuple[str, ...]] = {}
    searches: dict[str, tuple[str, ...]] = {}
    for one in iter_route_contexts(app.routes):
        dependant = getattr(one, "dependant", None)  # files have none
        asked = [] if dependant is None else list(flat(dependant))
        if "POST" in (one.methods or ()):
            fields[one.path] = tuple(field.alias for each in asked for field in each.body_params)
        elif asked:
            searches[one.path] = tuple(field.alias for each in asked for field in each.query_params)
    return Walk(client, fields, searches)


def request(walk: Walk, token: str) -> None:
    """Write down what a request asks for, of an item with a partner and of an unlisted one."""
    client = walk.client
    client.post("/apply", data={"token": token})
    walk.write(token, "/apply/unlisted")
    client.post("/apply", data={"token": token})
    client.post("/apply/matter", data={"token": token, "matter": "GB52-03"})
    for question in ("applicant", "purpose", "payee"):
        walk.write(token, f"/apply/{question}")
    client.post("/apply/amount", data={"token": token, "answer": "12"})
    client.post("/apply/pages", data={"token": token})
    walk.look("/apply/confirm", client.get("/apply/confirm"))


def emergency(walk: Walk, village: Village, token: str) -> None:
    """Write down why an emergency is one."""
    terms = EmergencyView(
        terms="e-1", seal="committee", matters=("CM-05",), left=2, impressions=2,
        not_after_ms=time.time_ns() // 1_000_000 + 86_400_000,
    )  # fmt: skip
    village.change(online=False, emergency=(terms,))
    waits = village.add_request("村民建房申请", code="CM-05", seal="committee")
    walk.client.post("/emergency", data={"token": token, "request": waits})
    walk.client.post("/emergency/reason", data={"token": token, "reason": "disaster"})
    walk.write(token, "/emergency/words")
    walk.write(token, "/emergency/code", "code")
    walk.look("/emergency", walk.client.get("/emergency"))


def test_hostile_words_stay_words_in_every_field_of_the_screen(
    walk: Walk, client: httpx.Client, village: Village, sign_in: Callable[..., str]
) -> None:
    walk.everywhere("no token")  # nobody has signed in
    token = sign_in()
    walk.everywhere(token)
    request(walk, token)
    walk.everywhere(token)
    desk = Desk(client, village, token)
    taken(desk)
    desk.post("/custody/done")
    for question in ("holder", "place"):
        walk.write(token, f"/custody/{question}")
    desk.post("/custody/days", answer="1")
    walk.look("/custody/confirm", desk.post("/custody/counted", answer="0"))
    walk.everywhere(token)
    desk.put(structs.replace(seal(), orders=()))
    emergency(walk, village, token)
    walk.everywhere(token)
    walk.names()

    assert walk.wrong == []
    assert WRITTEN - walk.shown == set(), sorted(walk.shown)
    with_fields = {path for path, fields in walk.fields.items() if set(fields) - {"token"}}
    assert walk.tried == with_fields
