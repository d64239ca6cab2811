"""One stamp from card to entry on real screens: two browsers, and a township of real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stamp import LIMIT_S, PACES
from bench.stamp_script import COUNTER, Errand, Script
from sim.cast import ARRIVE_S, Cast
from sim.township_plan import Village
from sim.waiting import until
from tests.arriving import arrive
from tests.pictures import keep

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
    agree(page)


def make_up(kiosk: Page, faint: str) -> str:
    """Ask for one more impression in place of a faint one, as the screen offers; return it."""
    kiosk.click("#finish")
    kiosk.goto(f"/request/{faint}")
    expect(kiosk.locator("main")).to_contain_text("印盖得太浅")
    keep(kiosk)
    kiosk.click("#makeup")
    arrive(kiosk, "**/pages")  # nothing is asked again: only the sheet is photographed anew
    kiosk.click("#take")
    kiosk.wait_for_selector(".taken .last")
    kiosk.click("#next")
    kiosk.click("#submit")
    expect(kiosk.locator(".verdict-banner")).to_contain_text("等审批")
    return kiosk.url.rpartition("/")[2]


def open_request(desk: Page, request: str) -> str:
    """Open a request at the console once it has come with its photo; return what it says."""

    def come() -> bool:
        answer = desk.goto(f"/approvals/{request}")
        return answer is not None and answer.ok

    until("the request at the console", come, PATIENCE_MS / 1000)
    desk.wait_for_selector("figure.page img")
    return desk.inner_text("main")


def agree(desk: Page) -> None:
    """Approve the request that is open, with both taps."""
    desk.click("#decision >> text=批准")
    desk.click("text=确认批准")
    desk.wait_for_selector("text=许可已发往印章机")


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

    assert counted.buttons >= 8 and counted.keys >= len(village.pin) + 3  # PIN, item and name
    assert counted.screens >= 8 and counted.read >= 10  # the summary is read
    assert all(pace.seconds(counted) < LIMIT_S for pace in PACES.values())
    assert machine.presses() == presses + 1
    assert audit.locator("figure img").count() == 2
    assert audit.eval_on_selector_all("figure img", WIDE_PHOTO)
    rungs = audit.locator(".ladder .mark").all_inner_texts()
    assert rungs == [*["✓"] * 8, "–"]  # a use withholds nothing
    assert kiosk.is_visible(".band") and audit.is_visible(".band")


def test_a_faint_stamp_is_made_up_for_once_and_both_name_each_other(
    cast: Cast, open_page: Callable[[str, dict[str, int]], Page]
) -> None:
    village = cast.counting
    assert village is not None
    machine, console = cast.machine(village), cast.town.plan.console
    machine.lay_page("rendered:5")
    kiosk, desk = open_page(village.kiosk, TOUCH), open_page(console, DESK)
    presses = machine.presses()
    machine.set_fault("faint_press", count=1)
    sign_in_at_console(desk, "approver", cast.town.plan.person("approver").password)

    script = Script(kiosk, machine)
    script.sign_in(village.card, village.pin)
    faint = script.apply(Errand())
    open_request(desk, faint)
    script.be_approved(lambda: agree(desk))
    script.stamp()
    told = kiosk.inner_text("#noticed")
    (first,) = cast.recorded(village, faint, "use")
    asked = make_up(kiosk, faint)
    shown = open_request(desk, asked)
    keep(desk, "request-makeup")
    script.be_approved(lambda: agree(desk))
    script.stamp()
    (second,) = cast.recorded(village, asked, "use")
    kiosk.goto(f"/request/{faint}")

    entry = next(one for one in cast.auditor.entries(village.machine) if one["sha256"] == asked)
    assert (
        "印太浅" in told and "补盖，第一次盖得太浅" in shown and f"第 {first['index']} 条" in shown
    )
    assert entry["body"]["makes_up"] == first["sha256"] and entry["body"]["copies"] == 1
    assert ["impression-faint" in one["body"]["findings"] for one in (first, second)] == [
        True,
        False,
    ]
    assert kiosk.locator("#makeup").count() == 0  # a faint one is made up for once
    assert machine.presses() == presses + 2


def test_a_refused_item_is_sent_elsewhere_on_a_printed_slip_and_is_in_the_log(
    cast: Cast, open_page: Callable[[str, dict[str, int]], Page], tmp_path: Path
) -> None:
    village = cast.counting
    assert village is not None
    before = len(refusals(cast, village))
    kiosk = open_page(village.kiosk, TOUCH)
    Script(kiosk, cast.machine(village)).sign_in(village.card, village.pin)

    kiosk.click("#apply")
    for letter in "qsgxzm":
        kiosk.click(f"[data-letter='{letter}']")
    kiosk.click(".matter:has-text('亲属关系证明')")
    kiosk.click("#slip")

    code = kiosk.locator(".slip svg")
    code.wait_for(state="attached")
    if not code.is_visible():  # on the second screen of a long slip
        kiosk.click("#turn")
    code.wait_for()
    assert "户籍地公安派出所" in str(kiosk.text_content(".slip"))
    kiosk.screenshot(path=tmp_path / "slip.png")
    until("the refusal in the log", lambda: len(refusals(cast, village)) > before, ARRIVE_S)


def refusals(cast: Cast, village: Village) -> list[dict[str, Any]]:
    """Return the refusals of a village's machine that the township has."""
    entries = cast.auditor.entries(village.machine)
    return [one for one in entries if one["kind"] == "refusal"]
