"""The scripts' browser against a small site: forms, cookies, redirects, polls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pytest
import uvicorn
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sim.browser import Browser, PageError, fields_of
from sim.waiting import until


def site() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def home() -> Response:
        page = HTMLResponse(
            "<title>T</title><div id='stage' class='stage open'><p role=alert>A  notice<br>here</p>"
            "<form action='/send'><input type=hidden name=token value=t1><input name=answer>"
            "<input type=hidden name=kind value=a></form>"
            "<form action='/send'><input name=kind value=b></form></div>"
        )
        page.set_cookie("who", "me", httponly=True)
        return page

    @app.post("/send")
    def send(
        request: Request, token: Annotated[str, Form()], answer: Annotated[str, Form()]
    ) -> Response:
        who = request.cookies.get("who")
        return RedirectResponse(f"/sent?said={who}-{token}-{answer}", status_code=303)

    @app.get("/sent")
    def sent(said: str) -> Response:
        return HTMLResponse(f"<p>{said}</p>")

    @app.get("/poll")
    def poll(request: Request) -> Response:
        assert "hx-request" in request.headers
        return Response(headers={"HX-Redirect": "/sent?said=elsewhere"})

    @app.get("/no")
    def no() -> Response:
        return HTMLResponse("<p>not <b>yours</b></p>", status_code=403)

    return app


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser on a site that runs on a free port."""
    import threading

    server = uvicorn.Server(uvicorn.Config(site(), port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until("the site", lambda: server.started, 20)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Browser(f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(10)


def test_a_form_is_sent_with_what_it_holds_and_the_cookie_of_the_site(browser: Browser) -> None:
    page = browser.get("/")

    after = browser.send(page.form("/send", kind="a"), answer="盖章")

    assert after.path == "/sent"
    assert after.says("me-t1-盖章")


def test_what_a_page_shows_can_be_found(browser: Browser) -> None:
    page = browser.get("/")
    stage = page.by_id("stage")

    assert page.notices() == ["A notice here"]
    assert stage is not None and stage.has_class("open")
    assert fields_of(page.form("/send", kind="b")) == {"kind": "b"}


def test_a_form_that_is_not_there_is_said_with_those_that_are(browser: Browser) -> None:
    page = browser.get("/")

    with pytest.raises(PageError, match=r"\['/send'\]"):
        page.form("/other")


def test_a_poll_goes_where_the_site_sends_it(browser: Browser) -> None:
    assert browser.poll("/poll").says("elsewhere")


def test_an_error_is_raised_with_its_status_and_words(browser: Browser) -> None:
    with pytest.raises(PageError, match="403: not yours") as caught:
        browser.get("/no")

    assert caught.value.status == 403


def test_a_site_that_is_not_there_is_said() -> None:
    with pytest.raises(PageError, match=r"an answer of http://127\.0\.0\.1:1/"):
        Browser("http://127.0.0.1:1").get("/")
