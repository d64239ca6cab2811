"""Another clerk goes on where the one before stopped, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from device.kiosk.port import BeginJob, EndJob, StampNow

SignIn = Callable[..., str]
HTMX = {"HX-Request": "true"}
WANG, LI = "0011223344", "5566778899"


@pytest.fixture
def half_done(client: httpx.Client, village: Any, sign_in: SignIn) -> str:
    """Wang has stamped one of three copies and lays the next; returns the request."""
    token = sign_in(WANG)
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.press()
    village.photographed()
    assert village.view().job.step == "next"
    return str(request)


def lay_card(
    client: httpx.Client, village: Any, token_of: Callable[[str], str], card: str
) -> httpx.Response:
    """Lay a card beside a page that is open, type the PIN, return the page that follows."""
    village.lay_card(card)
    page = client.get("/strip", headers=HTMX)
    assert page.headers["hx-redirect"] == "/pin"
    token = token_of(client.get("/pin").text)
    return client.post("/pin", data={"pin": "246810", "token": token})


def test_the_next_clerk_is_led_to_what_was_left(
    client: httpx.Client, village: Any, half_done: str, token_of: Callable[[str], str]
) -> None:
    page = lay_card(client, village, token_of, LI)

    assert page.url.path == f"/request/{half_done}"
    assert "还剩 2 份没盖" in page.text
    assert "这件是王秀英申请的" in page.text and "经办人就记李建国" in page.text


def test_the_next_clerk_goes_on_under_his_own_name(
    client: httpx.Client, village: Any, half_done: str, token_of: Callable[[str], str]
) -> None:
    token = token_of(lay_card(client, village, token_of, LI).text)
    client.post("/stamp/begin", data={"token": token, "request": half_done})
    client.post("/stamp/now", data={"token": token})

    assert village.commands[-3:] == [
        EndJob(by="wang"),
        BeginJob(by="li", request=half_done),
        StampNow(by="li"),
    ]
    assert (village.view().job.n, village.request(half_done).filed_by) == (2, "wang")


def test_who_signs_out_hands_over_once(
    client: httpx.Client, village: Any, half_done: str, token_of: Callable[[str], str]
) -> None:
    def sign_out() -> None:
        client.post("/sign-out", data={"token": token_of(client.get("/home").text)})

    sign_out()
    first = lay_card(client, village, token_of, LI).url.path
    sign_out()
    second = lay_card(client, village, token_of, WANG).url.path

    assert (first, second) == (f"/request/{half_done}", "/home")


def test_nobody_is_led_to_what_is_finished(
    client: httpx.Client, village: Any, half_done: str, token_of: Callable[[str], str]
) -> None:
    village.change_request(half_done, state="done", left=0)

    assert lay_card(client, village, token_of, LI).url.path == "/home"


def test_a_clerks_own_request_names_no_other(
    client: httpx.Client, village: Any, half_done: str, token_of: Callable[[str], str]
) -> None:
    lay_card(client, village, token_of, LI)

    assert "这件是" not in lay_card(client, village, token_of, WANG).text
