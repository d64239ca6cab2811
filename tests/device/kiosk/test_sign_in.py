"""Card and PIN over HTTP: who gets in, who stays, who takes over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from device.kiosk.port import EndJob
from tests import plain_http

SignIn = Callable[..., str]
HTMX = {"HX-Request": "true"}


def test_card_and_pin_sign_in(client: httpx.Client, sign_in: SignIn) -> None:
    sign_in()

    assert client.get("/").url.path == "/home"


def test_a_card_laid_before_the_page_opened_is_not_taken(
    client: httpx.Client, village: Any
) -> None:
    village.lay_card("0011223344")

    assert client.get("/").url.path == "/"


def test_an_unknown_card_is_said_plainly(client: httpx.Client, village: Any) -> None:
    client.get("/")
    village.lay_card("4711")
    client.get("/strip", headers=HTMX)

    assert "没有登记" in client.get("/").text


def test_a_wrong_pin_signs_nobody_in(client: httpx.Client, sign_in: SignIn) -> None:
    sign_in(pin="000000")

    assert client.get("/home").url.path == "/"


def test_five_wrong_pins_lock_the_card_and_say_for_how_long(
    client: httpx.Client, village: Any, clock: Any, token_of: Callable[[str], str]
) -> None:
    client.get("/")
    village.lay_card("0011223344")
    page = client.get("/").text
    for _ in range(5):
        page = client.post("/pin", data={"pin": "1", "token": token_of(page)}).text
        clock.now_s += 10

    assert "11 分钟后再试" in page


def test_a_locked_card_is_told_so_when_it_is_laid_again(
    client: httpx.Client, village: Any, clock: Any, token_of: Callable[[str], str]
) -> None:
    client.get("/")
    village.lay_card("0011223344")
    page = client.get("/").text
    for _ in range(5):
        page = client.post("/pin", data={"pin": "1", "token": token_of(page)}).text
        clock.now_s += 10
    village.lay_card("0011223344")

    answer = client.get("/")

    assert answer.url.path == "/" and "已停用" in answer.text


def test_sign_in_changes_the_session(client: httpx.Client, sign_in: SignIn) -> None:
    client.get("/")
    before = dict(client.cookies)
    sign_in()

    assert dict(client.cookies) != before


def test_a_late_poll_of_an_older_session_replaces_no_cookie(client: httpx.Client) -> None:
    cookies = dict.fromkeys(client.get("/").cookies, "an-older-session")

    answer = httpx.get(client.base_url.join("/strip"), cookies=cookies, headers=HTMX)

    assert answer.headers["hx-redirect"] == "/"
    assert "set-cookie" not in answer.headers


def test_signing_in_elsewhere_ends_the_first_session(
    client: httpx.Client, village: Any, sign_in: SignIn, token_of: Callable[[str], str]
) -> None:
    sign_in()
    with plain_http.client(client.base_url, follow_redirects=True) as other:
        other.get("/")
        village.lay_card("5566778899")
        page = other.get("/").text
        other.post("/pin", data={"pin": "246810", "token": token_of(page)})

    assert client.get("/home").url.path in ("/", "/pin")


def test_an_idle_clerk_is_warned_then_signed_out(
    client: httpx.Client, clock: Any, sign_in: SignIn
) -> None:
    sign_in()
    clock.now_s += 155
    warned = client.get("/strip", headers=HTMX).text
    clock.now_s += 30

    assert "我还在" in warned
    assert client.get("/strip", headers=HTMX).headers["hx-redirect"] == "/"
    assert "长时间没有操作" in client.get("/").text


def test_a_touch_prolongs_the_session(client: httpx.Client, clock: Any, sign_in: SignIn) -> None:
    token = sign_in()
    clock.now_s += 170
    client.post("/prolong", data={"token": token})
    clock.now_s += 170

    assert client.get("/home").url.path == "/home"


def test_polling_does_not_prolong_the_session(
    client: httpx.Client, clock: Any, sign_in: SignIn
) -> None:
    sign_in()
    for _ in range(10):
        clock.now_s += 20
        client.get("/strip", headers=HTMX)

    assert client.get("/home").url.path == "/"


def test_a_card_without_its_pin_is_forgotten(
    client: httpx.Client, village: Any, clock: Any
) -> None:
    client.get("/")
    village.lay_card("0011223344")
    client.get("/")
    clock.now_s += 61

    assert client.get("/pin").url.path == "/"


def test_nobody_is_signed_out_while_an_impression_is_made(
    client: httpx.Client, village: Any, clock: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    clock.now_s += 500

    assert client.get("/stamp").url.path == "/stamp"


def test_another_card_takes_over_and_the_draft_is_gone(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})
    village.lay_card("5566778899")

    page = client.get("/strip")

    assert page.url.path == "/pin" and "李建国" in page.text
    assert client.get("/apply/matter").url.path != "/apply/matter"


def test_another_card_leaves_the_stamping_that_rests(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    village.lay_card("5566778899")
    client.get("/strip")

    assert village.commands[-1] == EndJob(by="wang")
    assert village.view().job is None


def test_another_card_waits_while_an_impression_is_made(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.lay_card("5566778899")
    client.get("/strip")

    assert client.get("/stamp").url.path == "/stamp"


def test_ones_own_card_does_not_sign_out(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    village.lay_card("0011223344")
    client.get("/strip")

    assert client.get("/home").url.path == "/home"


def test_settings_lead_back_to_this_machine_only(client: httpx.Client, sign_in: SignIn) -> None:
    token = sign_in()

    answer = client.post(
        "/setting",
        data={"token": token, "language": "en", "back": "https://evil.example/home"},
        follow_redirects=False,
    )

    assert answer.headers["location"] == "/home"


def test_english_is_one_tap_away(client: httpx.Client, sign_in: SignIn) -> None:
    token = sign_in()

    page = client.post("/setting", data={"token": token, "language": "en", "back": "/home"}).text

    assert "What would you like to do?" in page
