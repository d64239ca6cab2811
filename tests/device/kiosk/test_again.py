"""A returned request: the machine says "please correct", and what was said is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from device.kiosk.port import ReadEarlier

SignIn = Callable[..., str]
Fill = Callable[[str], httpx.Response]


@pytest.fixture
def returned(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> tuple[str, httpx.Response]:
    """File a request, have it returned, and open its page; return the form's token and it."""
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    village.refuse("returned")
    return token, client.get(f"/request/{village.view().requests[0].request}")


def test_the_machine_says_please_correct(returned: tuple[str, httpx.Response]) -> None:
    _, page = returned

    assert "请补正" in page.text and "不同意" not in page.text
    assert "补正后再交" in page.text


def test_what_was_said_is_kept_and_only_the_page_is_photographed_anew(
    client: httpx.Client, village: Any, returned: tuple[str, httpx.Response]
) -> None:
    token, _ = returned
    first = village.filed[0]
    earlier = village.view().requests[0].request

    page = client.post("/apply/again", data={"token": token, "earlier": earlier})
    client.post("/apply/pages", data={"token": token})
    client.get("/apply/confirm")
    client.post("/apply/submit", data={"token": token})

    assert page.url.path == "/apply/pages"
    assert [one.request for one in village.commands if isinstance(one, ReadEarlier)] == [earlier]
    second = village.filed[1]
    for name in ("seal", "matter", "applicant", "purpose", "payee", "amount_fen", "copies"):
        assert getattr(second, name) == getattr(first, name)
    assert second.pages != first.pages
    assert len(village.view().requests) == 2


def test_an_answer_may_be_corrected_before_it_is_filed_anew(
    client: httpx.Client, village: Any, returned: tuple[str, httpx.Response]
) -> None:
    token, _ = returned
    earlier = village.view().requests[0].request
    client.post("/apply/again", data={"token": token, "earlier": earlier})
    client.post("/apply/pages", data={"token": token})

    page = client.post("/apply/copies", data={"token": token, "answer": "1"})
    client.post("/apply/submit", data={"token": token})

    assert page.url.path == "/apply/confirm"
    assert village.filed[1].copies == 1


def test_an_item_that_left_the_list_is_asked_for_again(
    client: httpx.Client, village: Any, returned: tuple[str, httpx.Response]
) -> None:
    token, _ = returned
    earlier = village.view().requests[0].request
    village.change(matters=village.view().matters[:1])

    page = client.post("/apply/again", data={"token": token, "earlier": earlier})

    assert page.url.path == "/apply/matter"


def test_a_refusal_by_a_person_is_no_return(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    village.refuse("refused-by-director")

    page = client.get(f"/request/{village.view().requests[0].request}").text

    assert "村主任不同意" in page and "补正后再交" not in page
