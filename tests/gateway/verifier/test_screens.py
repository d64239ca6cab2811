"""What the page owes to people over 60: size, contrast, one column, both languages, any state."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"phone": {"width": 360, "height": 640}, "desk": {"width": 1366, "height": 768}}
STATES = ("good", "open", "bad", "unread", "start")
LEAST_PX, LEAST_TARGET_PX, LEAST_CONTRAST = 18, 44, 4.5
PATIENCE_S = 5.0  # on a busy computer; a check takes a fraction of a second

# [text, size, contrast] of every element that shows text of its own.
TEXTS = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/^rgba\\(.*, 0\\)$/.test(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility() && [...one.childNodes].some(
      (part) => part.nodeType === 3 && part.data.trim()))
    .map((one) => {
      const style = getComputedStyle(one);
      const [high, low] = [light(style.color), light(ground(one))].sort((a, b) => b - a);
      const contrast = (high + 0.05) / (low + 0.05);
      return [one.textContent.slice(0, 30), parseFloat(style.fontSize), contrast];
    });
}"""


@pytest.fixture
def address(public: Path, serve: Callable[[Path], str], published: Any) -> Callable[[str], str]:
    """Return the address that leads to a state of the page."""
    place = str(published.locator(published.use))
    questions = {
        "good": place,
        "open": f"2026/{published.use}",
        "bad": place[:-1] + ("0" if place[-1] != "0" else "1"),
        "unread": f"2020/1/{published.key_code}",
        "start": "",
    }
    url = serve(public)
    return lambda state: f"{url}/verify.html#{questions[state]}"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_every_text_is_large_clear_and_within_the_screen(
    address: Callable[[str], str], phone: Any, state: str, size: str, language: str
) -> None:
    window = phone(SIZES[size])
    assert window.open(address(state)) == state
    if language == "en":
        window.page.click("#language")
    keep(window.page, f"verify-{state}")
    window.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")

    texts = window.page.evaluate(TEXTS)
    wide = window.page.evaluate("document.documentElement.scrollWidth")
    small = window.page.eval_on_selector_all(
        "button, summary, input:not([type=file]), .button",
        "all => all.map(one => [one.id || one.innerText, one.getBoundingClientRect().height])",
    )

    assert [one for one in texts if one[1] < LEAST_PX] == []
    assert [one for one in texts if one[2] < LEAST_CONTRAST] == []
    assert wide <= SIZES[size]["width"]
    assert [one for one in small if 0 < one[1] < LEAST_TARGET_PX] == []
    assert len(texts) > 10
    assert window.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_verdict_and_facts_are_seen_without_scrolling(
    address: Callable[[str], str], phone: Any, size: str
) -> None:
    window = phone(SIZES[size])
    window.open(address("good"))

    bottom = window.page.evaluate("document.getElementById('rows').getBoundingClientRect().bottom")

    assert bottom < SIZES[size]["height"]


def test_what_is_wrong_and_whom_to_tell_is_seen_without_scrolling(
    address: Callable[[str], str], phone: Any
) -> None:
    window = phone(SIZES["phone"])
    window.open(address("bad"))

    bottom = window.page.evaluate("document.getElementById('tell').getBoundingClientRect().bottom")

    assert bottom < SIZES["phone"]["height"]


def test_the_verdict_is_said_in_words_and_announced(
    address: Callable[[str], str], phone: Any
) -> None:
    heads = {}
    for state in STATES:
        window = phone()
        window.open(address(state))
        heads[state] = (window.text("#headline"), window.text("#mark"))
        assert window.page.get_attribute("#verdict", "aria-live") == "polite"

    assert len({head for head, _ in heads.values()}) == len(STATES)
    assert len({mark for _, mark in heads.values()}) == len(STATES)


def test_both_languages_say_the_same_verdict(address: Callable[[str], str], phone: Any) -> None:
    window = phone()
    window.open(address("good"))

    window.page.click("#language")

    assert window.verdict() == "good"
    assert window.text("#headline") == "It holds"
    assert window.facts()["Count"] == "impression 1 of 2 allowed"
    window.page.click("#language")
    assert window.text("#headline") == "对得上"


def test_a_check_takes_less_than_a_moment(address: Callable[[str], str], phone: Any) -> None:
    window = phone()
    started = time.monotonic()

    window.open(address("good"))

    taken_s = time.monotonic() - started
    print(f"verdict after {taken_s:.2f} s")
    assert taken_s < PATIENCE_S


def test_a_phone_without_scripts_says_what_to_do(
    address: Callable[[str], str], chromium: Any
) -> None:
    context = chromium.new_context(viewport=SIZES["phone"], java_script_enabled=False)
    page = context.new_page()

    page.goto(address("good"))

    assert "换一部" in page.inner_text("#sentence")
    assert "JavaScript" in page.inner_text("main")
    assert page.get_attribute("#verdict", "class") == "wait"
    context.close()
