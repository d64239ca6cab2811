"""The pages about the keeping of seals keep the rules of every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from playwright.sync_api import Page

from device.kiosk import port_custody as keeping
from tests.arriving import arrive
from tests.device.kiosk.seals import seal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ORDERS = tuple(
    keeping.OrderView(permit=f"h-{n}", purpose=purpose, not_after_ms=2**50, fits=fits)
    for n, (purpose, fits) in enumerate((("takeout", True), ("return", False)))
)
SEAL = seal(orders=ORDERS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_take_out_breaks_no_rule(
    village: Any,
    open_kiosk: Any,
    sign_in_at: Any,
    broken_rules: Callable[[Page, str], list[Any]],
    language: str,
) -> None:
    village.change(custody=(SEAL,))
    page = open_kiosk()
    if language == "en":
        page.click("#language")
        page.wait_for_selector("html[lang='en']")
    sign_in_at(page)
    page.click("#custody")
    arrive(page, "**/custody")
    bad = broken_rules(page, "custody")
    page.locator("form[action='/custody/begin'] button").first.click()
    arrive(page, "**/second")
    bad += broken_rules(page, "custody-second")
    village.lay_card("5566778899")
    arrive(page, "**/custody/pin")
    bad += broken_rules(page, "custody-pin")
    for digit in "246810":
        page.click(f".keypad [data-key='{digit}']")
    page.click("#next")
    arrive(page, "**/ready")
    bad += broken_rules(page, "custody-ready")
    handled: dict[str, Any] = {
        "permit": "h-0",
        "purpose": "takeout",
        "trouble": "seal-handled",
    }
    village.change(custody=(structs.replace(SEAL, shut=False, **handled),))
    page.click("#open")
    arrive(page, "**/hatch")
    page.wait_for_selector(".verdict-banner.refused")
    bad += broken_rules(page, "custody-hatch")
    village.change(custody=(structs.replace(SEAL, present=False, **handled),))
    page.click("#done:not([disabled])")
    for question, answer in (("holder", "张"), ("place", "县里"), ("days", "3"), ("counted", "0")):
        arrive(page, f"**/{question}")
        bad += broken_rules(page, f"custody-{question}")
        page.locator("input[name='answer']").fill(answer)
        page.click("#next")
    arrive(page, "**/confirm")
    bad += broken_rules(page, "custody-confirm")
    page.goto("/custody/lost/committee")
    bad += broken_rules(page, "custody-lost")

    assert bad == []
