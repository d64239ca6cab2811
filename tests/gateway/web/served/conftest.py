"""The township's console served over HTTP, and consoles that people use without a screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests import plain_http
from tests.gateway.web.served.policies import DESK, Window
from tests.gateway.web.served.serving import served

PASSWORD = "correct horse 42"


class Console:
    """A browser without a screen: keeps cookies and reads form tokens."""

    def __init__(self, url: str) -> None:
        self.client = plain_http.client(url, follow_redirects=False, timeout=20)

    def sign_in(self, account: str, password: str = PASSWORD) -> httpx.Response:
        page = self.client.get("/sign-in")
        form = field(page.text, "form")
        return self.client.post(
            "/sign-in", data={"account": account, "password": password, "form": form}
        )

    def get(self, path: str, **values: Any) -> httpx.Response:
        return self.client.get(path, **values)

    def post(self, path: str, data: dict[str, Any] | None = None) -> httpx.Response:
        """Send a form with this session's token."""
        return self.client.post(path, data={"csrf": self.csrf(), **(data or {})})

    def csrf(self) -> str:
        return field(self.client.get("/").text, "csrf")


def field(page: str, name: str) -> str:
    """Return the value of the first hidden field of this name."""
    start = page.index(f'name="{name}" value="') + len(f'name="{name}" value="')
    return page[start : page.index('"', start)]


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve a world over HTTP and return its address."""
    with contextlib.ExitStack() as running:
        yield lambda world: running.enter_context(served(world))


@pytest.fixture
def browse() -> Iterator[Callable[[str], Console]]:
    """Return consoles of an address, nobody signed in."""
    made: list[Console] = []

    def console(url: str) -> Console:
        made.append(Console(url))
        return made[-1]

    yield console
    for one in made:
        one.client.close()


@pytest.fixture
def site(
    world: Any, serve: Callable[[Any], str], browse: Callable[[str], Console]
) -> Callable[..., Console]:
    """Return consoles of one served world; `site("wang")` is signed in."""
    url = serve(world)

    def console(account: str = "") -> Console:
        made = browse(url)
        if account:
            assert made.sign_in(account).status_code == 303
        return made

    return console


@pytest.fixture
def window(world: Any, serve: Any, chromium: Any) -> Iterator[Callable[..., Window]]:
    """Open windows on one served township: `window("zhou")`, `window("zhou", PHONE)`."""
    url = serve(world)
    made: list[Window] = []

    def open_window(account: str, size: dict[str, int] = DESK) -> Window:
        made.append(Window(chromium, url, account, size))
        return made[-1]

    yield open_window
    for one in made:
        one.context.close()


@pytest.fixture
def busy(world: Any, pages: tuple[tuple[bytes, bytes], ...]) -> Any:
    """A township in the middle of its day: uses, a refusal, a waiting request, alerts, a hold."""
    one, two = world.machines["m-1"], world.machines["m-2"]
    for machine in (one, two):
        machine.start()
    permit = world.approved(one, world.photo(pages[0][0]))
    for n in (1, 2):
        one.use(permit, world.photo(pages[0][0]), world.photo(pages[0][1]), n=n)
    one.use("p-unknown", world.photo(pages[1][0]), world.photo(pages[1][1]), n=1, of=1)
    one.request(world.photo(pages[2][0]), matter="N-01", applicant="李四")
    second = world.approved(two, world.photo(pages[1][0]), matter="T-02", copies=1)
    intent = two.intend(second, of=1)
    two.incident(world.photo(pages[1][1]), intent)
    world.waiting(one, world.photo(pages[1][0]), matter="T-02", copies=3, applicant="陈玉兰")
    world.waiting(one, world.photo(pages[2][0]), applicant="王建国", amount=128_000)
    world.until(lambda reader: not reader.pending_photos())
    return world
