"""Deciding on a phone: everything that counts on one page, the answers always at hand, two taps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.web.served.policies import PHONE, Window, enact
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IN_SIGHT = """(text) => [...document.querySelectorAll('.first-tap a')].some((one) => {
  const box = one.getBoundingClientRect();
  return one.textContent.includes(text) && box.top >= 0 && box.bottom <= innerHeight
    && box.height >= 48 && box.width >= 60; })"""


@pytest.fixture
def phone(window: Callable[..., Window]) -> Callable[[str], Window]:
    """Open a person's phone on the served township."""
    return lambda account: window(account, PHONE)


@pytest.fixture
def request_(world: Any, pages: Any) -> str:
    """A request for money waits."""
    enact(world)
    photo = world.photo(pages[0][0])
    fields = {"amount": 50_000, "payee": "杭州宏达建材有限公司", "applicant": "陈玉兰"}
    return str(world.waiting(world.machines["m-1"], photo, **fields))


def test_one_page_says_all_and_two_taps_approve(world: Any, phone: Any, request_: str) -> None:
    one = phone("zhou")
    page = one.look(request_)
    page.evaluate("scrollTo(0, 0)")
    told = page.inner_text("main")
    tops = page.evaluate(
        "['.facts-card', '.pages', '#asked'].map("
        "(one) => document.querySelector(one).getBoundingClientRect().top)"
    )
    at_hand = [page.evaluate(IN_SIGHT, word) for word in ("批准", "不同意", "退回补正")]
    wide = page.evaluate("document.documentElement.scrollWidth")
    keep(page, "decide", whole=False)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    still = page.evaluate(IN_SIGHT, "批准")
    page.click(".first-tap a >> text=批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=已同意，等下一位审批")

    assert all(word in told for word in ("陈玉兰", "500.00", "宏达", "办法怎么要求", "村书记"))
    assert tops == sorted(tops)
    assert at_hand == [True, True, True] and still
    assert wide <= PHONE["width"]
    assert one.complaints == []


def test_a_photo_that_comes_later_shows_itself(world: Any, phone: Any, pages: Any) -> None:
    machine, photo = world.machines["m-1"], world.photo(pages[0][0])
    request = machine.request(photo, arrived=False)
    world.until(lambda reader: (found := reader.request(request)) and found.state == "open")
    one = phone("wang")
    page = one.goto(f"/approvals/{request}")
    page.evaluate("window.stayed = true")
    before = (page.locator("#coming a").get_attribute("href"), page.locator(".first-tap").count())

    machine.send_photo(photo)

    page.wait_for_selector("figure.page img")
    page.click(".first-tap a >> text=批准")
    page.wait_for_selector("text=确认批准")
    assert before == (f"/approvals/{request}", 0)
    assert page.locator("#coming p").count() == 0 and page.evaluate("window.stayed")
    assert one.complaints == []


def test_a_refusal_takes_its_reason_and_two_taps(world: Any, phone: Any, request_: str) -> None:
    one = phone("zhou")
    page = one.look(request_)
    page.click(".first-tap a >> text=不同意")
    page.fill("#note", "金额与合同不符")
    page.click("text=确认不同意")
    page.wait_for_selector("text=已")

    with world.app.reader() as reader:
        view = reader.request(request_)
    assert (view.state, view.approvals[0].note) == ("refused", "金额与合同不符")
    assert one.complaints == []


def test_hostile_words_are_text(world: Any, phone: Any, pages: Any) -> None:
    hostile = "<img src=x onerror=document.title='owned'>{{ 7*7 }}"
    photo = world.photo(pages[0][0])
    fields = {"applicant": hostile, "payee": hostile, "amount": 1}
    request = str(world.waiting(world.machines["m-1"], photo, **fields))
    one = phone("wang")

    page = one.look(request)

    assert page.inner_text("main").count("onerror") == 2
    assert page.title() != "owned" and one.complaints == []


def test_the_messages_page_says_that_none_are_configured(phone: Any) -> None:
    one = phone("sun")

    page = one.goto("/channels")

    assert "没有设置消息通知" in page.inner_text("main")
