"""Another clerk goes on with what the one before left on the screen, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from device.kiosk.port import BeginJob, EndJob, StampNow
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LI = "5566778899"


def test_the_next_clerk_lays_a_card_and_stamps_what_is_left_under_his_own_name(
    village: Any,
    open_kiosk: Callable[..., Page],
    sign_in_at: Callable[..., None],
    broken_rules: Callable[[Page, str], list[Any]],
) -> None:
    request = village.add_request("村民建房申请", state="approved", left=2, copies=2, permit="p")
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{request}")
    page.click("#stamp")
    page.click("#start")
    expect(page.locator("[data-step='press']")).to_be_visible()
    village.press()
    village.photographed()
    expect(page.locator("[data-step='next']")).to_be_visible()

    village.lay_card(LI)
    arrive(page, "**/pin")
    page.wait_for_selector(".keypad")
    for digit in "246810":
        page.click(f".keypad [data-key='{digit}']")
    page.click("#next")
    arrive(page, f"**/request/{request}")

    expect(page.locator("#taking")).to_contain_text("王秀英")
    expect(page.locator("#taking")).to_contain_text("李建国")
    assert broken_rules(page, "taken-over") == []
    page.click("#stamp")
    page.click("#start")
    expect(page.locator("[data-step='press']")).to_be_visible()
    village.press()
    village.photographed()
    expect(page.locator("[data-step='done']")).to_be_visible()

    steps = [one for one in village.commands if isinstance(one, BeginJob | EndJob | StampNow)]
    assert steps[-3:] == [EndJob(by="wang"), BeginJob(by="li", request=request), StampNow(by="li")]
    assert village.request(request).filed_by == "wang"
