"""What a browser adds: sizes of text, languages, the idle warning, keys of both kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from device.kiosk.options import KioskOptions
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rules = Callable[[Page, str], list[Any]]


def font_px(page: Page, selector: str) -> float:
    size = page.locator(selector).first.evaluate("(e) => getComputedStyle(e).fontSize")
    return float(size.removesuffix("px"))


def test_main_text_has_18_points_and_the_largest_30(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    village.add_request("村民建房申请")
    page = open_kiosk()
    sign_in_at(page)

    sizes = [font_px(page, ".requests .what b")]
    for step in ("2", "3"):
        page.click("#size")
        page.wait_for_selector(f"html[data-size='{step}']")
        sizes.append(font_px(page, ".requests .what b"))

    assert sizes == [24, 32, 40]


@pytest.mark.parametrize("text", [2, 3])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_larger_text_needs_no_scrolling_on_full_pages(
    village: Any,
    open_kiosk: Any,
    sign_in_at: Any,
    broken_rules: Rules,
    language: str,
    text: int,
) -> None:
    for _ in range(5):
        request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    page = open_kiosk()
    if language == "en":
        page.click("#language")
        page.wait_for_selector("html[lang='en']")
    for step in range(2, text + 1):
        page.click("#size")
        page.wait_for_selector(f"html[data-size='{step}']")
    bad = broken_rules(page, "welcome")
    sign_in_at(page)
    page.wait_for_selector(f"html[data-size='{text}']")
    bad += broken_rules(page, "home")
    page.click("#later")
    bad += broken_rules(page, "home-later")
    page.click("#apply")
    arrive(page, "**/matter**")
    for path in ("/apply/matter", "/apply/matter?typing=1", f"/request/{request}"):
        page.goto(path)
        bad += broken_rules(page, path.replace("/", "-").replace("?", "-"))
    village.hold()
    arrive(page, "**/hold")
    bad += broken_rules(page, "held")

    assert bad == []


def test_english_breaks_no_rule(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    page.click("#language")
    page.wait_for_selector("html[lang='en']")
    page.click("#apply")
    arrive(page, "**/matter**")

    for path in ("/home", "/apply/matter", "/apply/unlisted"):
        page.goto(path)
        assert broken_rules(page, f"english{path.replace('/', '-')}") == []


LINES_OF_NUMBER = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf("0000-");
    if (at < 0) continue;
    const span = document.createRange();
    span.setStart(walk.currentNode, at);
    span.setEnd(walk.currentNode, at + 12);
    return new Set([...span.getClientRects()].map((one) => Math.round(one.top))).size;
  }
}"""


def test_a_telephone_number_stays_on_one_line(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    village.hold()
    arrive(page, "**/hold")

    lines = [page.evaluate(LINES_OF_NUMBER)]
    for window in ("一二", "一二三四", "一二三四五六"):
        village.change(window=window * 2)
        page.goto("/hold")
        lines.append(page.evaluate(LINES_OF_NUMBER))

    assert lines == [1, 1, 1, 1]


def test_an_idle_clerk_is_warned_and_can_stay(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    page = open_kiosk(options=KioskOptions(idle_s=20, warn_s=18))
    sign_in_at(page)
    expect(page.locator("#prolong")).to_be_visible()
    bad = broken_rules(page, "leaving")

    page.click("#prolong")
    expect(page.locator("#prolong")).to_have_count(0)

    assert bad == []
    assert page.url.endswith("/home")


def test_an_idle_clerk_is_signed_out(village: Any, open_kiosk: Any, sign_in_at: Any) -> None:
    page = open_kiosk(options=KioskOptions(idle_s=2, warn_s=1))
    sign_in_at(page)

    expect(page.locator(".notice")).to_contain_text("长时间没有操作")


def test_a_plugged_in_keyboard_works_as_well(village: Any, open_kiosk: Any) -> None:
    page = open_kiosk()
    village.lay_card("0011223344")
    arrive(page, "**/pin")
    page.keyboard.type("246810")
    page.keyboard.press("Enter")

    arrive(page, "**/home")


def test_no_key_is_seen_before_it_works(village: Any, open_kiosk: Any) -> None:
    page = open_kiosk()
    village.lay_card("0011223344")
    arrive(page, "**/pin")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/static/kiosk.js*", hold)

    with page.expect_request("**/static/kiosk.js*"):
        page.goto("/pin", wait_until="commit")
    seen = page.locator(".keypad").count()
    held[0].continue_()
    page.click(".keypad [data-key='2']")

    assert seen == 0
    assert page.locator("#pin").input_value() == "2"


def test_the_pin_is_never_legible(village: Any, open_kiosk: Any, broken_rules: Rules) -> None:
    page = open_kiosk()
    village.lay_card("0011223344")
    arrive(page, "**/pin")
    page.click(".keypad [data-key='2']")

    assert page.locator("#pin").get_attribute("type") == "password"
    assert broken_rules(page, "pin") == []


@pytest.mark.parametrize("text", [1, 2, 3])
def test_a_wrong_pin_is_said_on_one_screen(
    village: Any, open_kiosk: Any, broken_rules: Rules, text: int
) -> None:
    page = open_kiosk()
    for step in range(2, text + 1):
        page.click("#size")
        page.wait_for_selector(f"html[data-size='{step}']")
    village.lay_card("0011223344")
    arrive(page, "**/pin")
    page.keyboard.type("1")
    page.keyboard.press("Enter")

    expect(page.locator(".notice")).to_contain_text("还可试 4 次")
    assert broken_rules(page, "pin-wrong") == []


def test_the_screen_keys_erase_letters_then_characters(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    page.click("#apply")
    page.click("#unlisted")
    page.click("[data-letter='d']")
    page.click("[data-letter='a']")
    page.click("[data-choice='大']")
    page.click("[data-letter='x']")
    page.click("[data-erase] >> nth=0")
    expect(page.locator(".spelled")).to_have_text("")
    value_with_letters_gone = page.input_value("#text")
    page.click("[data-erase] >> nth=0")

    assert (value_with_letters_gone, page.input_value("#text")) == ("大", "")


def test_the_copies_stay_within_their_limit(village: Any, open_kiosk: Any, sign_in_at: Any) -> None:
    page = open_kiosk()
    sign_in_at(page)
    page.click("#apply")
    for letter in "zbzz":
        page.click(f"[data-letter='{letter}']")
    page.click("text=征兵政治考核证明")
    arrive(page, "**/applicant")
    page.keyboard.type("赵一")
    page.click("#next")
    page.click("text=村里存档")
    arrive(page, "**/pages")
    page.goto("/apply/copies")
    for _ in range(6):
        page.click("[data-step='1']")

    assert page.input_value("#number") == "3"


def test_the_camera_going_is_said_and_comes_back_by_itself(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    village.change(fault="camera-gone")
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{request}")
    page.click("#stamp")
    expect(page.locator(".look .none")).to_be_visible()

    village.change(fault="")

    expect(page.locator(".look .none")).to_be_hidden()
    expect(page.locator("#start")).to_be_enabled()


@pytest.mark.parametrize("left", [1, 2], ids=["last", "more"])
def test_what_the_photo_showed_is_said_with_what_to_do(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Any, left: int
) -> None:
    request = village.add_request(
        "村民建房申请", state="approved", copies=left, left=left, permit="p"
    )
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{request}")
    page.click("#stamp")
    page.click("#start")
    expect(page.locator("[data-step='press']")).to_be_visible()

    village.press()
    village.photographed(noticed="impression-missing")

    expect(page.locator("#noticed")).to_contain_text("没看到新盖的印")
    expect(page.locator("#noticed")).to_contain_text("告诉镇里")
    expect(page.locator(".lead.do")).to_contain_text("压过了")
    expect(page.locator("main")).not_to_contain_text("盖好了")
    expect(page.locator(".lead.do use")).to_have_attribute("href", "/static/icons.svg#warn")
    assert broken_rules(page, f"stamp-noticed-{left}") == []


def test_voice_is_hidden_where_the_browser_has_none(village: Any, open_kiosk: Any) -> None:
    page = open_kiosk()
    voices = page.evaluate("window.speechSynthesis ? speechSynthesis.getVoices().length : 0")

    assert page.locator("#voice").is_visible() == (voices > 0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_silent_witness_is_said_at_every_size_of_text(
    village: Any, open_kiosk: Any, broken_rules: Rules, language: str
) -> None:
    village.change(unproved=True, witnessed_only=True)
    page = open_kiosk()
    if language == "en":
        page.click("#language")
        page.wait_for_selector("html[lang='en']")
    said = {"zh": "没有见证过的回执", "en": "No witnessed receipts"}[language]

    bad = broken_rules(page, "1")
    for step in ("2", "3"):
        page.click("#size")
        page.wait_for_selector(f"html[data-size='{step}']")
        bad += broken_rules(page, step)

    expect(page.locator("body")).to_contain_text(said)
    assert bad == []
