"""A release by live photo from end to end: a kiosk's screen, a phone's, and real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.stamp_script import Errand, Script
from sim.cast import PRESS_S, Cast
from sim.checklist import CheckList
from sim.township import Township
from sim.township_plan import make_plan
from sim.waiting import until
from tests.arriving import see_photo
from tests.pictures import keep
from tests.sim.test_screens import (
    PATIENCE_MS,
    TOUCH,
    approve,
    newest_request,
    open_page,
    sign_in_at_console,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

__all__ = ["open_page"]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}
POLICY = """name = "清溪镇高风险事项放行"
source = "示例"
lapse_days = 10

[[rules]]
name = "户籍"
matters = ["CM-09"]
confirm = "each-impression"

[[rules.tiers]]
from_fen = 0
stages = [{ approvals = [{ offices = ["approver"] }] }]

[[otherwise]]
approvals = [{ offices = ["approver"] }]
"""


@pytest.fixture
def high_risk(tmp_path: Path) -> Iterator[Cast]:
    """A running township of its own: its policy concerns everybody in it."""
    folder = tmp_path / "town"
    folder.mkdir()
    plan = make_plan(folder, 1, friendly=False)
    town = Township(plan, lambda _step: None)
    try:
        town.start()
        made = Cast(town, CheckList(lambda _line: None))
        made.sign_in()
        yield made
    finally:
        town.stop()


def enact(cast: Cast, window: Callable[[str, dict[str, int]], Page], file: Path) -> None:
    """Draft the policy by one person, release it by another."""
    file.write_text(POLICY, encoding="utf-8")
    plan = cast.town.plan
    pages = {}
    for account in ("admin", "auditor"):
        page = window(plan.console, DESK)
        sign_in_at_console(page, account, plan.person(account).password)
        pages[account] = page
    drafter, releaser = pages["admin"], pages["auditor"]
    drafter.goto("/policy")
    drafter.set_input_files("#file", file)
    day = datetime.now(UTC).date().isoformat()
    drafter.evaluate(f"document.querySelector('#from_date').value = '{day}'")
    drafter.click("text=检查并预览")
    drafter.click("text=提交草案")
    drafter.wait_for_selector("text=草案已提交")
    releaser.goto("/policy")
    releaser.click("text=发布这一版")
    releaser.wait_for_selector("text=审批办法已发布")


def start(kiosk: Page) -> None:
    """Start on the screen and wait until it says that an approver looks."""
    kiosk.click("#start")
    expect(kiosk.locator("[data-step='confirm']")).to_contain_text(
        "看照片放行", timeout=PATIENCE_MS
    )


def test_an_approver_releases_one_impression_on_the_phone_and_without_a_network_nothing_opens(
    high_risk: Cast,
    open_page: Callable[[str, dict[str, int]], Page],
    tmp_path: Path,
) -> None:
    cast, village = high_risk, high_risk.first
    plan, machine = cast.town.plan, cast.machine(high_risk.first)
    enact(cast, open_page, tmp_path / "policy.toml")
    machine.lay_page("rendered:3")
    kiosk, phone = open_page(village.kiosk, TOUCH), open_page(plan.console, PHONE)
    presses = machine.presses()
    script = Script(kiosk, machine)
    script.sign_in(village.card, village.pin)
    script.apply(Errand())
    sign_in_at_console(phone, "approver", plan.person("approver").password)
    approve(phone)
    expect(kiosk.locator(".verdict-banner")).to_contain_text("已批准", timeout=PATIENCE_MS)
    kiosk.click("#lay")

    start(kiosk)
    cast.town.cut_network()
    expect(kiosk.locator("[data-step='stopped']")).to_contain_text("没联网", timeout=PATIENCE_MS)
    expect(kiosk.locator("#strip")).to_contain_text("没联网", timeout=PATIENCE_MS)
    cut_off = machine.presses()
    cast.town.restore_network()
    expect(kiosk.locator("#strip")).to_contain_text("已联网", timeout=PATIENCE_MS)
    kiosk.click("#again")
    start(kiosk)
    keep(kiosk, "kiosk-remote-confirm")
    phone.goto("/confirm")
    expect(phone.locator("#form")).to_have_text("盖在这一页上")
    see_photo(phone, "#live figure.page img")
    keep(phone, "confirm-live", whole=False)
    wide = phone.evaluate("document.documentElement.scrollWidth")
    phone.click("#release")
    phone.wait_for_selector("text=已放行")
    expect(kiosk.locator("[data-step='press'] .timebar")).to_be_visible(timeout=PATIENCE_MS)
    until("the lever to go down", lambda: machine.press_lever()["down"], PRESS_S)
    expect(kiosk.locator("[data-step='done']")).to_contain_text("用时", timeout=PATIENCE_MS)

    request = newest_request(cast, village)
    (use,) = cast.recorded(village, request, "use")
    kinds = [one["kind"] for one in cast.auditor.entries(village.machine)]
    assert cut_off == presses and machine.presses() == presses + 1
    assert wide <= PHONE["width"]
    assert kinds.count("confirm-ask") == 2 and kinds.count("confirm") == 1
    assert kinds.index("confirm") < len(kinds) - 1 - kinds[::-1].index("intent")
    assert use["kind"] == "use"
    assert not [one for one in cast.auditor.ask("/api/v1/alerts") if one["code"] == "unconfirmed"]
