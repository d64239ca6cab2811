"""The slip of a refusal: words for a villager, on the screen, on paper and in a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.arriving import arrive
from tests.codes import read_code

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def refused(page: Page) -> None:
    """Ask for an item that the village may not stamp."""
    page.click("#apply")
    for letter in "qsgxzm":
        page.click(f"[data-letter='{letter}']")
    page.click(".matter:has-text('亲属关系证明')")
    arrive(page, "**/request/**")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_refused_item_is_sent_elsewhere_with_a_code_that_a_phone_reads(
    village: Any,
    open_kiosk: Any,
    sign_in_at: Any,
    broken_rules: Callable[[Page, str], list[Any]],
    language: str,
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    refused(page)
    if language == "en":
        page.click("#language")
        page.wait_for_selector("html[lang='en']")
    page.click("#slip")
    arrive(page, "**/slip")

    bad = broken_rules(page, "slip")
    said = read_code(page.locator(".slip"))

    assert bad == []
    assert "亲属关系证明" in said and "户籍地公安派出所" in said
    assert "民发〔2020〕20号" in said


def test_where_to_go_stands_before_the_basis_and_is_in_sight(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    page = open_kiosk()
    sign_in_at(page)

    refused(page)

    told = page.inner_text("#stage main")
    assert told.index("去哪里办") < told.index("依据")
    expect(page.locator(".why:has-text('去哪里办')")).to_be_in_viewport(ratio=1)


def test_print_button_prints_the_words_without_the_screen_around_them(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    page = open_kiosk()
    page.add_init_script("window.print = () => { window.printed = true; };")
    sign_in_at(page)
    refused(page)
    page.click("#slip")
    arrive(page, "**/slip")

    page.click("#print")
    assert page.evaluate("window.printed") is True
    page.emulate_media(media="print")

    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator(".slip svg")).to_be_visible()


def test_waiting_request_has_no_slip(village: Any, open_kiosk: Any, sign_in_at: Any) -> None:
    request = village.add_request("村民建房申请")
    page = open_kiosk()
    sign_in_at(page)

    page.goto(f"/request/{request}/slip")

    assert page.url.endswith(f"/request/{request}")
    expect(page.locator("#slip")).to_have_count(0)
