"""A headless browser on a kiosk of the village, and the measures that every page must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from device.kiosk.app import create_app
from device.kiosk.options import KioskOptions
from device.kiosk.server import Kiosk
from tests.arriving import arrive
from tests.pictures import keep

RULES = Path(__file__).with_name("rules.js").read_text(encoding="utf-8")

PRESS_KEYS = """pin => [...pin].forEach(
  digit => document.querySelector(`.keypad [data-key='${digit}']`).click())"""
PARTS_IN_SIGHT = """() => [...document.querySelectorAll("[data-part]")]
  .flatMap((part, n) => part.hidden ? [] : [n])"""


@pytest.fixture
def open_kiosk(chromium: Browser, village: Any) -> Iterator[Callable[..., Page]]:
    """Opens the kiosk of the village on a screen of a given size; a script error fails the test."""
    opened: list[tuple[Kiosk, Page]] = []
    errors: list[str] = []

    def act(width: int = 1024, height: int = 600, options: KioskOptions | None = None) -> Page:
        kiosk = Kiosk(create_app(village, lambda: village.people, options=options))
        kiosk.start()
        page = chromium.new_page(
            base_url=kiosk.url, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: _note(errors, said.type, said.text))
        opened.append((kiosk, page))
        page.goto("/")
        return page

    yield act
    for kiosk, page in opened:
        page.close()
        kiosk.stop()
    assert errors == []


def _note(errors: list[str], kind: str, text: str) -> None:
    """Keep what the browser complains about, but for a camera that gives no picture (404)."""
    if kind == "error" and "404" not in text:
        errors.append(text)


@pytest.fixture
def sign_in_at(village: Any) -> Callable[..., None]:
    """Signs a clerk in on a browser's screen with card and on-screen keypad.

    `by_finger` looks before each key whether a finger could reach it, which takes its time.
    """

    def act(
        page: Page, card: str = "0011223344", pin: str = "246810", *, by_finger: bool = False
    ) -> None:
        village.lay_card(card)
        arrive(page, "**/pin")
        if by_finger:
            for digit in pin:
                page.click(f".keypad [data-key='{digit}']")
        else:
            page.wait_for_selector(".keypad")
            page.evaluate(PRESS_KEYS, pin)
        page.click("#next")
        arrive(page, "**/home")

    return act


@pytest.fixture
def broken_rules(tmp_path: Path) -> Callable[[Page, str], list[Any]]:
    """Measures a page; returns what breaks a rule (see rules.js), and keeps a picture of that.

    A page whose parts do not fit on one screen is turned until every screen was measured.
    """

    def measure(page: Page, name: str) -> list[Any]:
        keep(page, name)
        found: list[Any] = page.evaluate(RULES)
        if found:
            page.screenshot(path=tmp_path / f"{name}.png")
        return [(name, *one) for one in found]

    def act(page: Page, name: str) -> list[Any]:
        page.wait_for_load_state()
        found = measure(page, name)
        if not page.locator("#turn").is_visible():
            return found
        seen: set[int] = set(page.evaluate(PARTS_IN_SIGHT))
        screens = int(page.locator("#turn b").inner_text().split("/")[1])
        for screen in range(2, screens + 1):
            page.click("#turn")
            found += measure(page, f"{name}-{screen}")
            seen |= set(page.evaluate(PARTS_IN_SIGHT))
        page.click("#turn")
        if len(seen) != page.locator("[data-part]").count():
            found.append((name, "never in sight", sorted(seen)))
        return found

    return act
