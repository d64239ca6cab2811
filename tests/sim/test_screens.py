"""One stamp from card to entry on real screens: two browsers, and a township of real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bench.stamp import LIMIT_S, PACES
from bench.stamp_script import COUNTER, Errand, Script
from sim.cast import Cast
from sim.township_plan import Village

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
        page.add_init_script(COUNTER)
        page.goto("/")
        return page

    yield act
    for page in opened:
        page.close()
    assert complaints == []


def sign_in_at_console(page: Page, account: str, password: str) -> None:
    page.fill("#account", account)
    page.fill("#password", password)
    page.click("button.main")
    page.wait_for_selector("nav")


def approve(page: Page) -> None:
    """Look at the page's photo, approve, confirm."""
    page.goto("/approvals")
    page.click("text=村民户籍迁移")
    page.wait_for_selector("figure.page img")
    page.click("#decision >> text=批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=许可已发往印章机")


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

    script = Script(kiosk, machine)
    script.sign_in(village.card, village.pin)
    script.apply(Errand())
    sign_in_at_console(desk, "approver", cast.town.plan.person("approver").password)
    script.be_approved(lambda: approve(desk))
    script.stamp()
    counted = script.counted()
    kiosk.screenshot(path=tmp_path / "kiosk-done.png")
    request = newest_request(cast, village)
    (use,) = cast.recorded(village, request, "use")
    cast.wait_for_photos([use])
    audit = open_page(console, DESK)
    sign_in_at_console(audit, "auditor", cast.town.plan.person("auditor").password)
    audit.goto(f"/log/{use['index']}")
    audit.wait_for_load_state("networkidle")
    audit.screenshot(path=tmp_path / "entry.png", full_page=True)

    assert counted.buttons >= 10 and counted.keys >= len(village.pin) + 8  # PIN and a name
    assert all(pace.seconds(counted) < LIMIT_S for pace in PACES.values())
    assert machine.presses() == presses + 1
    assert audit.locator("figure img").count() == 2
    assert audit.eval_on_selector_all("figure img", WIDE_PHOTO)
    rungs = audit.locator(".ladder .mark").all_inner_texts()
    assert rungs == [*["✓"] * 8, "–"]  # a use withholds nothing
    assert kiosk.is_visible(".band") and audit.is_visible(".band")
