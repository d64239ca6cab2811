"""One stamp from card to entry on real screens: two browsers, and a township of real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sim.cast import PRESS_S, Cast
from sim.client import MachineClient
from sim.township_plan import Village
from sim.waiting import until
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOUCH = {"width": 1024, "height": 600}
DESK = {"width": 1366, "height": 768}
PATIENCE_MS = 40_000  # for a step that waits for the machine, the township or a person
WIDE_PHOTO = "all => all.length > 0 && all.every(one => one.naturalWidth > 500)"


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[[str, dict[str, int]], Page]]:
    """Open a window of a size on a site; what a page complains about fails the test."""
    opened: list[Page] = []
    complaints: list[str] = []

    def act(url: str, size: dict[str, int]) -> Page:
        page = chromium.new_page(base_url=url, viewport=size, locale="zh-CN")
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append(page)
        page.goto("/")
        return page

    yield act
    for page in opened:
        page.close()
    assert complaints == []


def sign_in_at_kiosk(page: Page, machine: MachineClient, card: str, pin: str) -> None:
    """Lay the card, type the PIN by finger."""
    machine.lay_card(card)
    arrive(page, "**/pin")
    for digit in pin:
        page.click(f".keypad [data-key='{digit}']")
    page.click("#next")
    arrive(page, "**/home")


def sign_in_at_console(page: Page, account: str, password: str) -> None:
    page.fill("#account", account)
    page.fill("#password", password)
    page.click("button.main")
    page.wait_for_selector("nav")


def apply_for_one_copy(page: Page) -> None:
    """Choose the item by its initials, answer each question, photograph the page, submit."""
    page.click("#apply")
    page.click("#typing")
    for letter in "cmhjqy":
        page.click(f"[data-letter='{letter}']")
    page.click(".matter:has-text('村民户籍迁移')")
    arrive(page, "**/applicant")
    for letter in "zhang":
        page.click(f"[data-letter='{letter}']")
    page.click("[data-choice='张']")
    page.click("#next")
    page.click(".purposes button >> nth=0")
    arrive(page, "**/copies")
    page.click("#next")
    arrive(page, "**/pages")
    page.click("#take")
    expect(page.locator(".taken .last")).to_be_visible(timeout=PATIENCE_MS)
    page.click("#next")
    page.click("#submit")
    expect(page.locator(".verdict-banner")).to_contain_text("等审批", timeout=PATIENCE_MS)


def photographed(page: Page) -> bool:
    """Tell whether the photo has come after its request; the page is asked for anew."""
    page.reload()
    return page.locator("figure.page img").count() > 0


def approve(page: Page) -> None:
    """Look at the page's photo, approve, confirm."""
    page.goto("/approvals")
    page.click("text=村民户籍迁移")
    until("the page's photo", lambda: photographed(page), PATIENCE_MS / 1000)
    page.wait_for_function("document.querySelector('figure.page img').naturalWidth > 500")
    page.click("#decision >> text=批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=许可已发往印章机")


def stamp(page: Page, machine: MachineClient) -> None:
    """Start on the screen, press the lever when the screen says so, wait for the end."""
    expect(page.locator(".verdict-banner")).to_contain_text("已批准", timeout=PATIENCE_MS)
    page.click("#stamp")
    page.click("#start")
    expect(page.locator("[data-step='press'] .timebar")).to_be_visible(timeout=PATIENCE_MS)
    until("the lever to go down", lambda: machine.press_lever()["down"], PRESS_S)
    expect(page.locator("[data-step='done']")).to_contain_text("用时", timeout=PATIENCE_MS)


def newest_request(cast: Cast, village: Village) -> str:
    """Return the request that the village's machine has filed last."""
    entries = cast.auditor.entries(village.machine)
    filed = [one for one in entries if one["kind"] == "request"]
    return str(max(filed, key=lambda one: int(one["index"]))["sha256"])


def test_one_stamp_goes_from_the_card_to_the_auditors_ladder(
    cast: Cast, open_page: Callable[[str, dict[str, int]], Page], tmp_path: Path
) -> None:
    village = cast.counting
    assert village is not None
    machine, console = cast.machine(village), cast.town.plan.console
    machine.lay_page("rendered:3")
    kiosk, desk = open_page(village.kiosk, TOUCH), open_page(console, DESK)
    presses = machine.presses()

    sign_in_at_kiosk(kiosk, machine, village.card, village.pin)
    apply_for_one_copy(kiosk)
    sign_in_at_console(desk, "approver", cast.town.plan.person("approver").password)
    approve(desk)
    stamp(kiosk, machine)
    kiosk.screenshot(path=tmp_path / "kiosk-done.png")
    request = newest_request(cast, village)
    (use,) = cast.recorded(village, request, "use")
    cast.wait_for_photos([use])
    audit = open_page(console, DESK)
    sign_in_at_console(audit, "auditor", cast.town.plan.person("auditor").password)
    audit.goto(f"/log/{use['index']}")
    audit.wait_for_load_state("networkidle")
    audit.screenshot(path=tmp_path / "entry.png", full_page=True)

    assert machine.presses() == presses + 1
    assert audit.locator("figure img").count() == 2
    assert audit.eval_on_selector_all("figure img", WIDE_PHOTO)
    rungs = audit.locator(".ladder .mark").all_inner_texts()
    assert rungs == [*["✓"] * 8, "–"]  # a use withholds nothing
    assert kiosk.is_visible(".band") and audit.is_visible(".band")
