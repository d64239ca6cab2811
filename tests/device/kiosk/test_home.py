"""What is shown between two tasks, and while the machine is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from msgspec import structs

SignIn = Callable[..., str]
Fill = Callable[[str], httpx.Response]
HTMX = {"HX-Request": "true"}


def test_a_held_machine_says_why_to_anybody(client: httpx.Client, village: Any) -> None:
    client.get("/")
    village.hold()

    page = client.get("/")

    assert page.url.path == "/hold"
    assert "说不清盖没盖" in page.text and "outcome-unknown" not in page.text
    assert "0000-1234567" in page.text


def test_a_held_machine_takes_no_request_but_shows_them(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    village.add_request("村民建房申请")
    token = sign_in()
    village.hold()

    page = client.post("/apply", data={"token": token})

    assert page.url.path == "/home" and "村民建房申请" in page.text


def test_a_held_machine_turns_every_page_to_its_reason_until_it_is_read(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    village.hold()
    before = [client.get("/strip", headers=HTMX).headers.get("hx-redirect") for _ in range(2)]
    client.get("/hold")
    unread = client.get("/strip", headers=HTMX).headers.get("hx-redirect")
    client.post("/hold/seen", data={"token": token})

    assert (before, unread) == (["/hold", "/hold"], "/hold")
    assert "hx-redirect" not in client.get("/strip", headers=HTMX).headers


def test_the_page_of_a_held_machine_is_left_in_peace(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    village.hold()

    answer = client.get("/strip", headers={**HTMX, "HX-Current-URL": f"{client.base_url}/hold"})

    assert "hx-redirect" not in answer.headers


def test_a_released_machine_leaves_the_held_page(client: httpx.Client, village: Any) -> None:
    village.hold()
    client.get("/hold")
    village.change(hold=None)

    assert client.get("/hold/live", headers=HTMX).headers["hx-redirect"] == "/"


def test_what_did_not_change_is_not_sent_again(client: httpx.Client, sign_in: SignIn) -> None:
    sign_in()
    page = client.get("/home/live", headers=HTMX).text
    mark = page.split('"mark": "')[1].split('"')[0]

    assert client.get("/home/live", params={"mark": mark}, headers=HTMX).status_code == 204


def test_the_band_stands_on_every_page_of_a_simulated_machine(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    village.change(simulated=True)
    token = sign_in()
    fill(token)

    pages = [client.get(path).text for path in ("/home", "/apply/matter", "/apply/confirm", "/x")]

    assert all("模拟机" in page for page in pages)


def test_a_real_machine_has_no_band(client: httpx.Client) -> None:
    assert "模拟机" not in client.get("/").text


def test_technician_is_offered_neither_a_request_nor_a_stamp(
    client: httpx.Client, village: Any, sign_in: Callable[..., str]
) -> None:
    wang, li = village.people
    village.people = (structs.replace(wang, offices=("technician",)), li)
    village.add_request("村民建房申请", state="approved", left=1)
    sign_in()

    page = client.get("/home").text

    assert 'id="custody"' in page
    assert 'id="apply"' not in page and "/stamp/begin" not in page
