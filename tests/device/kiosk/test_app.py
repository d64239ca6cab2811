"""The kiosk over HTTP: what gets in at all. The server is the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from device.kiosk.app import create_app
from device.kiosk.server import Kiosk

SignIn = Callable[..., str]
HTMX = {"HX-Request": "true"}
POSTS = [
    "/pin",
    "/sign-out",
    "/prolong",
    "/setting",
    "/apply",
    "/apply/cancel",
    "/apply/matter",
    "/apply/unlisted",
    "/apply/copies",
    "/apply/pages",
    "/apply/pages/drop",
    "/apply/submit",
    "/stamp/begin",
    "/stamp/straight",
    "/stamp/now",
    "/stamp/end",
]
PAGES = ["/home", "/apply/matter", "/apply/matters", "/choices", "/stamp", "/preview.jpg"]


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(client: httpx.Client) -> None:
    cookie = client.get("/").headers["set-cookie"].lower()

    assert "samesite=strict" in cookie and "httponly" in cookie


def test_pages_allow_no_foreign_content(client: httpx.Client) -> None:
    policy = client.get("/").headers["content-security-policy"]

    assert "default-src 'none'" in policy and "http" not in policy and "unsafe" not in policy


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.7:8080"])
def test_a_foreign_host_name_is_turned_away(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])
def test_the_kiosk_serves_this_machine_only(village: Any, host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Kiosk(create_app(village, lambda: village.people), host=host)


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_the_token_does_nothing(
    client: httpx.Client, village: Any, sign_in: SignIn, path: str
) -> None:
    sign_in()

    answer = client.post(path, data={"token": "x", "matter": "MZF-01", "request": "x"})

    assert answer.status_code == 403
    assert village.commands == []


def test_a_token_of_another_session_does_nothing(
    client: httpx.Client, token_of: Callable[[str], str], sign_in: SignIn
) -> None:
    before = token_of(client.get("/").text)
    sign_in()

    assert client.post("/apply", data={"token": before}).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_to_whom_is_not_signed_in(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert answer.url.path == "/"


def test_a_fragment_sends_the_browser_to_the_welcome_page(client: httpx.Client) -> None:
    answer = client.get("/home/live", headers=HTMX)

    assert (answer.headers["hx-redirect"], answer.text) == ("/", "")


def test_a_stopped_kiosk_answers_no_more(village: Any) -> None:
    kiosk = Kiosk(create_app(village, lambda: village.people))
    kiosk.start()
    url = kiosk.url
    kiosk.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
