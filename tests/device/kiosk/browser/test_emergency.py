"""An emergency in the browser: reason, words, two codes on large keys, a slip told at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from device.kiosk.port import EmergencyView
from ledger import emergency
from ledger.enrolcodes import ALPHABET
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rules = Callable[[Page, str], list[Any]]


@pytest.fixture
def waiting(village: Any) -> str:
    """A request waits without a network, terms name its item, two envelopes are opened."""
    village.change(
        online=False,
        emergency=(
            EmergencyView(
                terms="e-1", seal="committee", matters=("CM-05",), left=2, impressions=2,
                not_after_ms=time.time_ns() // 1_000_000 + 86_400_000,
            ),
        ),
    )  # fmt: skip
    return str(village.add_request("村民建房申请", code="CM-05", seal="committee"))


def tap(page: Page, code: str) -> None:
    """Type a code on the screen's keys and go on."""
    for key in code.replace("-", ""):
        page.click(f".codekeys [data-key='{key}']")
    page.click("#next")


def to_codes(page: Page, request: str) -> None:
    """Go from the request to the first code's page."""
    page.goto(f"/request/{request}")
    page.click("#emergency")
    page.click("button[value='disaster']")
    page.wait_for_selector(".keyboard")
    page.fill("#text", "河堤决口，今晚抢险")
    page.click("#next")
    page.wait_for_selector(".codekeys")


def test_two_codes_on_large_keys_open_the_request(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    first, second = emergency.make(), emergency.make()
    village.envelopes = {emergency.read(first), emergency.read(second)}
    page = open_kiosk()
    sign_in_at(page)
    page.goto(f"/request/{waiting}")
    bad = broken_rules(page, "request-waiting")
    page.click("#emergency")
    page.wait_for_selector("button[value='disaster']")
    bad += broken_rules(page, "emergency-reason")
    page.click("button[value='disaster']")
    page.wait_for_selector(".keyboard")
    bad += broken_rules(page, "emergency-words")
    page.fill("#text", "河堤决口，今晚抢险")
    page.click("#next")
    page.wait_for_selector(".codekeys")
    for key in first.replace("-", "")[:10]:
        page.click(f".codekeys [data-key='{key}']")
    bad += broken_rules(page, "emergency-code")
    grouped = page.input_value("#code")
    page.fill("#code", "")
    tap(page, first)
    expect(page.locator("#question")).to_contain_text("第二位")
    tap(page, second)
    arrive(page, f"**/request/{waiting}")

    expect(page.locator("main")).to_contain_text("已批准")
    assert bad == []
    assert grouped == first[:12]
    [command] = [one for one in village.commands if type(one).__name__ == "GrantEmergency"]
    assert command.codes == (emergency.read(first), emergency.read(second))
    assert (command.reason, command.words) == ("disaster", "河堤决口，今晚抢险")


def test_a_slip_is_told_at_once_and_costs_no_try(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any
) -> None:
    code = emergency.read(emergency.make())
    other = next(one for one in ALPHABET if one != code[3])
    page = open_kiosk()
    sign_in_at(page)
    to_codes(page, waiting)

    tap(page, code[:3] + other + code[4:])

    expect(page.locator(".notice")).to_contain_text("有字看错或打错了")
    expect(page.locator("#question")).to_contain_text("第一位")
    assert not any(type(one).__name__ == "GrantEmergency" for one in village.commands)


def test_a_wrong_code_says_so_and_how_long_to_wait(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    to_codes(page, waiting)
    for _ in range(2):
        tap(page, emergency.make())
        page.wait_for_load_state()

    expect(page.locator("main")).to_contain_text("应急码不对")
    expect(page.locator("#wait")).to_contain_text("30 秒后才能再试")
    assert broken_rules(page, "wait") == []


@pytest.mark.parametrize("state", ["approved", "done", "refused"])
def test_only_a_request_that_waits_can_be_opened(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any, state: str
) -> None:
    village.change_request(waiting, state=state)
    page = open_kiosk()
    sign_in_at(page)

    page.goto(f"/request/{waiting}")

    expect(page.locator("#emergency")).to_have_count(0)


def test_an_item_that_no_terms_name_has_no_emergency(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any
) -> None:
    other = village.add_request("户籍", code="CM-09", seal="committee")
    page = open_kiosk()
    sign_in_at(page)

    page.goto(f"/request/{other}")

    expect(page.locator("#emergency")).to_have_count(0)


def test_english_breaks_no_rule(
    village: Any, waiting: str, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    page = open_kiosk()
    sign_in_at(page)
    page.click("#language")
    page.wait_for_selector("html[lang='en']")
    to_codes(page, waiting)

    assert broken_rules(page, "code-en") == []
