"""A policy for the served township, its release, and one person's window on a screen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

from gateway.commands import DraftPolicy, ReleasePolicy
from tests.arriving import arrive, go_to, see_photo
from tests.gateway.sample_policy import IN_TURN, sample

DEADLINE_S = 20.0
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
HEAD = '# 示范镇审批办法\nname = "示范镇用印审批办法"\nsource = "示范镇〔2026〕1号"'
POLICY = sample(HEAD, 15, "居住和务工", "T-*", IN_TURN)


def enact(world: Any, text: str = POLICY) -> None:
    """Draft the policy by one person and have another one release it."""
    submit = world.app.submit
    file = text.encode()
    version = submit(DraftPolicy(by="sun", file=file, from_date="2026-01-01")).result(DEADLINE_S)
    submit(ReleasePolicy(by="zhao", version=version)).result(DEADLINE_S)


class Window:
    """One person's window; remembers what went wrong in it."""

    def __init__(self, browser: Browser, url: str, account: str, size: dict[str, int]) -> None:
        self.url = url
        self.context = browser.new_context(viewport=size, locale="zh-CN")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        self.page.goto(f"{url}/sign-in")
        self.page.fill("#account", account)
        self.page.fill("#password", "correct horse 42")
        self.page.click("button.main")
        arrive(self.page, f"{url}/")

    def goto(self, path: str) -> Page:
        go_to(self.page, self.url + path)
        return self.page

    def widths(self, path: str) -> list[int]:
        """Open a page and return how far it reaches over the edge, on a desk and on a phone."""
        page, found = self.goto(path), []
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            found.append(int(page.evaluate("document.documentElement.scrollWidth - innerWidth")))
        return found

    def look(self, request: str) -> Page:
        """Open a request and see its page photo."""
        page = self.goto(f"/approvals/{request}")
        see_photo(page, "figure.page img")
        return page

    def tap(self, request: str, first: str, second: str) -> Page:
        """Decide with two taps."""
        page = self.look(request)
        page.click(f"#decision a.button >> text={first}")
        page.wait_for_selector(f"text={second}")
        return page
