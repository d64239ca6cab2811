"""The clerk's whole way in a real browser, by finger, at both sizes; every page is measured."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Width and height of the screen, and which of the three sizes of text.
SIZES = [(1024, 600, 3), (1280, 800, 1)]  # the tightest and the widest
if "SEAL_SCREENS" in os.environ:
    SIZES.append((1024, 600, 1))  # the usual one, for pictures
Rules = Callable[[Page, str], list[Any]]


def enlarge(page: Page, text: int) -> None:
    """Choose a size of text."""
    for step in range(2, text + 1):
        page.click("#size")
        page.wait_for_selector(f"html[data-size='{step}']")


def tap(page: Page, letters: str) -> None:
    """Type on the screen's keyboard."""
    for letter in letters:
        page.click(f"[data-letter='{letter}']")


def compose(page: Page, *spelled: tuple[str, str]) -> None:
    """Type Chinese on the screen: letters, then the character that is meant."""
    for letters, character in spelled:
        tap(page, letters)
        page.click(f"[data-choice='{character}']")


def apply_for_two_copies(page: Page, rules: Rules) -> list[Any]:
    """Answer every question by finger; returns what breaks a rule."""
    page.click("#apply")
    bad = rules(page, "matter")
    tap(page, "dwqd")
    page.click(".matter:has-text('对外签订合同')")
    arrive(page, "**/seal")
    bad += rules(page, "seal")
    page.click("text=前进村村委会")
    arrive(page, "**/applicant")
    compose(page, ("zhang", "张"), ("wei", "伟"))
    bad += rules(page, "applicant")
    page.click("#next")
    bad += rules(page, "purpose")
    page.click("text=交给银行")
    bad += rules(page, "payee")
    compose(page, ("nongshangyinhang", "农商银行"))
    page.click("#next")
    for key in "1200.5":
        page.click(f".keypad [data-key='{key}']")
    bad += rules(page, "amount")
    page.click("#next")
    arrive(page, "**/pages")
    bad += rules(page, "pages")
    page.click("#take")
    expect(page.locator(".taken .last")).to_be_visible()
    bad += rules(page, "pages-taken")
    page.click("#next")
    expect(page.locator(".summary")).to_contain_text("1,200.50 元")
    change = page.locator(".summary a[href='/apply/copies']")
    while not change.is_visible():  # in the largest text the summary takes several screens
        page.click("#turn")
    change.click()
    page.click("[data-step='1']")
    bad += rules(page, "copies")
    page.click("#next")
    expect(change).to_contain_text("2 份")
    bad += rules(page, "confirm")
    page.click("#submit")
    return bad


def stamp_two_copies(village: Any, page: Page, rules: Rules) -> list[Any]:
    """Lay, start, press, keep still, twice; returns what breaks a rule."""
    page.click("#stamp")
    bad = rules(page, "stamp-lay")
    for copy in (1, 2):
        expect(page.locator("#n")).to_have_text(str(copy))
        page.click("#start")
        expect(page.locator("[data-step='press'] .timebar")).to_be_visible()
        bad += rules(page, f"stamp-press-{copy}")
        village.press()
        expect(page.locator("[data-step='photo']")).to_be_visible()
        bad += rules(page, f"stamp-photo-{copy}")
        village.photographed()
    expect(page.locator("[data-step='done']")).to_contain_text("用时")
    bad += rules(page, "stamp-done")
    page.click("#finish")
    return bad


@pytest.mark.parametrize(("width", "height", "text"), SIZES)
def test_a_clerk_gets_two_copies_stamped(
    village: Any,
    open_kiosk: Any,
    sign_in_at: Any,
    broken_rules: Rules,
    width: int,
    height: int,
    text: int,
) -> None:
    village.change(simulated=True, seals=(("committee", "前进村村委会"), ("party", "党支部")))
    page = open_kiosk(width, height)
    enlarge(page, text)
    bad = broken_rules(page, "welcome")

    sign_in_at(page, by_finger=True)
    bad += broken_rules(page, "home-empty")
    bad += apply_for_two_copies(page, broken_rules)
    expect(page.locator(".verdict-banner")).to_contain_text("等审批")
    bad += broken_rules(page, "waiting")
    village.approve()
    expect(page.locator(".verdict-banner")).to_contain_text("已批准")
    bad += broken_rules(page, "approved")
    bad += stamp_two_copies(village, page, broken_rules)
    arrive(page, "**/home")
    expect(page.locator(".requests")).to_contain_text("已盖完")
    bad += broken_rules(page, "home")

    assert bad == []
    asked = village.filed[0]
    assert (asked.applicant, asked.payee, asked.amount_fen) == ("张伟", "农商银行", 120050)
    assert (asked.copies, len(asked.pages), asked.seal) == (2, 1, "committee")


@pytest.mark.parametrize(("width", "height", "text"), SIZES)
def test_refusals_and_trouble_are_plain_on_one_screen(
    village: Any,
    open_kiosk: Any,
    sign_in_at: Any,
    broken_rules: Rules,
    width: int,
    height: int,
    text: int,
) -> None:
    village.change(simulated=True)
    page = open_kiosk(width, height)
    enlarge(page, text)
    village.lay_card("4711")
    expect(page.locator(".notice")).to_contain_text("没有登记")
    bad = broken_rules(page, "unknown-card")

    sign_in_at(page)
    page.click("#apply")
    tap(page, "qs")
    bad += broken_rules(page, "matter-found")
    page.click(".matter:has-text('亲属关系证明')")
    expect(page.locator("main")).to_contain_text("户籍地公安派出所")
    bad += broken_rules(page, "forbidden")
    page.click("#home")
    page.click("#apply")
    page.click("#unlisted")
    arrive(page, "**/unlisted")
    compose(page, ("hao", "好"), ("ren", "人"))
    bad += broken_rules(page, "unlisted")
    page.click("#next")
    expect(page.locator("main")).to_contain_text("不在用印清单上")
    bad += broken_rules(page, "off-list")
    page.click("#home")

    village.change(online=False, undelivered=3, undelivered_since_ms=village.view().now_ms)
    expect(page.locator("#strip")).to_contain_text("没联网")
    expect(page.locator("#strip")).to_contain_text("3 条没送到")
    bad += broken_rules(page, "offline")
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    page.click("text=去盖章")
    village.page_same = False
    page.click("#start")
    expect(page.locator("[data-step='stopped']")).to_contain_text("请换上批准的那张纸")
    bad += broken_rules(page, "stopped")
    page.click("#again")
    village.change(fault="door-open")
    expect(page.locator("#strip")).to_contain_text("请把柜门关好")
    expect(page.locator("#start")).to_be_disabled()
    expect(page.locator(".do")).to_contain_text("请先按最上面的提示处理好")
    bad += broken_rules(page, "fault")
    village.change(fault="")
    village.hold()
    arrive(page, "**/hold")
    bad += broken_rules(page, "held")
    page.click("#look")
    arrive(page, "**/home")
    bad += broken_rules(page, "held-home")

    assert bad == []
    assert village.request(request).left == 1


def test_the_queue_takes_a_request_while_offline(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    village.change(online=False)
    page = open_kiosk()
    sign_in_at(page)
    page.click("#apply")
    tap(page, "cmhjqy")
    page.click("text=村民户籍迁移")
    arrive(page, "**/applicant")
    page.keyboard.type("陈明")
    page.keyboard.press("Enter")
    page.click("text=交给派出所")
    arrive(page, "**/pages")
    page.click("#take")
    page.click("#next")
    page.click("#submit")

    expect(page.locator("main")).to_contain_text("已保存，联网后送审")
    assert broken_rules(page, "stored") == []
    assert village.filed[0].applicant == "陈明"


def test_an_answer_arrives_without_a_page_jump(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    request = village.add_request("村民建房申请")
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{request}")
    page.evaluate("window.stayed = true")

    village.refuse("declined", "请补会议记录")
    expect(page.locator("main")).to_contain_text("请补会议记录")

    assert page.evaluate("window.stayed") is True


def test_the_time_bar_runs_down_with_the_window(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{request}")
    page.click("#stamp")
    page.click("#start")
    bar = page.locator(".timebar i")
    expect(bar).to_be_visible()

    widths = [bar.bounding_box()["width"]]
    expect(page.locator("[data-seconds-left]")).to_have_text(re.compile("^[1-5]$"), timeout=9000)
    widths.append(bar.bounding_box()["width"])

    whole = page.locator(".timebar").bounding_box()["width"]
    assert widths[1] < widths[0] <= whole
    assert widths[1] < 0.7 * whole


def test_a_verdict_is_told_by_icon_and_word_not_by_colour(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    page.click("#apply")
    page.click("#browse")
    page.click("#more")
    page.wait_for_selector(".matter.forbidden")

    looks = {
        kind: (
            page.locator(f".matter.{kind} use").first.get_attribute("href"),
            page.locator(f".matter.{kind} .verdict b").first.inner_text(),
        )
        for kind in ("discretionary", "forbidden")
    }

    assert looks["forbidden"] != looks["discretionary"]
    assert looks["forbidden"][1] == "不能办"
