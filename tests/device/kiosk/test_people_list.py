"""The people list on the screen: who was taken away is out, and nobody is left to wonder why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec import structs

from ledger import people

SignIn = Callable[..., str]
HTMX = {"HX-Request": "true"}
DAY_MS = 24 * 3600 * 1000


def test_a_clerk_who_was_taken_away_is_signed_out_and_told(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    village.people = village.people[1:]

    page = client.get("/home")

    assert page.url.path == "/"
    assert "已被镇里撤销" in page.text


def test_a_card_that_was_stopped_signs_out_who_used_it(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    village.people = (structs.replace(village.people[0], card="another"), *village.people[1:])

    assert client.get("/home").url.path == "/"


def test_a_card_known_by_its_hash_signs_in(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    first = village.people[0]
    card = people.new_card(first.card)
    hashed = structs.replace(first, card=card.sha256, card_salt=card.salt)
    village.people = (hashed, *village.people[1:])

    sign_in()

    assert client.get("/home").url.path == "/home"


@pytest.mark.parametrize(
    ("state", "said"),
    [("missing", "还没有下发"), ("expired", "已过期"), ("damaged", "已损坏")],
)
def test_without_a_list_that_holds_the_screen_says_who_must_act(
    client: httpx.Client, village: Any, state: str, said: str
) -> None:
    village.people = ()
    village.change(people=state)

    page = client.get("/").text

    assert said in page and "镇管理员" in page and "另一人复核" in page
    assert "请刷卡" not in page


def test_a_card_laid_after_the_end_is_answered_with_the_same_reason(
    client: httpx.Client, village: Any
) -> None:
    client.get("/")
    village.people = ()
    village.change(people="expired")
    village.lay_card("0011223344")
    client.get("/strip", headers=HTMX)

    page = client.get("/").text

    assert "没有登记" not in page and "已过期" in page


def test_the_end_of_the_list_is_said_two_weeks_before(client: httpx.Client, village: Any) -> None:
    now_ms = village.view().now_ms
    village.change(people="valid", people_until_ms=now_ms + 20 * DAY_MS)
    early = client.get("/").text
    village.change(people="valid", people_until_ms=now_ms + 10 * DAY_MS)

    late = client.get("/").text

    assert "到期" not in early
    assert "到期" in late and "请刷卡" in late
