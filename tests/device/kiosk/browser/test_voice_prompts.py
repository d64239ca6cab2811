"""What the screen says aloud: each step once, by a voice of its own machine, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A browser with one voice, which keeps what it is to say; headless ones have none.
VOICE = """
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const kept = () => JSON.parse(sessionStorage.getItem("spoken") || "[]");
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "zh-CN", name: "zh", localService: %s }],
  speak: (one) => sessionStorage.setItem("spoken", JSON.stringify([...kept(), one.text])),
  cancel: () => {},
  addEventListener: () => {},
} });
"""


def give_voice(page: Page, local: bool) -> None:
    """Install a voice beside the browser, or one that needs a network."""
    page.add_init_script(VOICE % str(local).lower())
    page.reload()


def spoken(page: Page) -> list[str]:
    """Return what was said so far."""
    said: list[str] = page.evaluate('JSON.parse(sessionStorage.getItem("spoken") || "[]")')
    return said


def switch_on(page: Page) -> None:
    page.click("#voice-setting")
    arrive(page, "**/voice?**")
    page.click("#voice-on")
    page.wait_for_selector("#voice-off")


def test_each_step_is_said_once_and_a_tap_silences_it(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Callable[[Page, str], list[Any]]
) -> None:
    request = village.add_request("村民建房申请", state="approved", left=2, copies=2, permit="p")
    page = open_kiosk()
    give_voice(page, local=True)
    switch_on(page)
    bad = broken_rules(page, "voice")
    page.click("#back")
    sign_in_at(page)
    bad += broken_rules(page, "home")
    page.goto(f"/request/{request}")
    page.click("#stamp")
    page.click("#start")
    expect(page.locator("[data-step='press']")).to_be_visible()
    said = spoken(page)
    page.click("#voice")
    village.press()
    village.photographed()
    expect(page.locator("[data-step='next']")).to_be_visible()

    steps = [one for one in said if "第 1 份" in one or "压下手柄" in one]
    assert steps == ["放好第 1 份，点“开始盖章”", "现在压下手柄，盖“前进村村民委员会”"]
    assert not any("张桂芳" in one for one in said)
    assert spoken(page) == said
    assert bad == []


def test_a_voice_that_needs_a_network_is_none_and_the_page_says_so(open_kiosk: Any) -> None:
    page = open_kiosk()
    give_voice(page, local=False)
    switch_on(page)

    expect(page.locator("#voice-here")).to_contain_text("没有装这种语言的语音")
    expect(page.locator("#hear")).to_be_hidden()
    assert spoken(page) == []
