"""A standing permit in a real browser: drafted, released by another, revoked by one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.gateway.web.served.policies import PHONE, Window
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def draft(one: Window, matter: str = "居住情况说明") -> Any:
    page = one.goto("/standing")
    page.fill("#matter", matter)
    page.fill("#per_day", "3")
    page.fill("#total", "30")
    page.evaluate("document.querySelector('#until').value = '2027-03-31'")
    page.click("text=提交草案")
    return page


def test_one_drafts_another_releases_and_one_revokes(world: Any, window: Any) -> None:
    drafter, releaser = window("sun"), window("zhao", PHONE)
    page = draft(drafter)
    page.wait_for_selector("text=草案已提交")
    own = page.inner_text("#drafts")
    page = releaser.goto("/standing")
    badge = page.inner_text("#badge-standing")
    keep(page, "standing-draft")
    page.click("#drafts button")
    page.wait_for_selector("text=正发往印章机")
    released = page.inner_text("#released")
    keep(drafter.goto("/standing"), "standing-released")
    page.click("#released a.button.stop")
    page.wait_for_selector("text=确认撤销")
    page.click("text=确认撤销")
    page.wait_for_selector(".note.bad")

    after = releaser.goto("/standing").inner_text("#released")

    assert "须由另一人发布" in own
    assert badge == "1"
    assert "居住情况说明" in released and "有效" in released
    assert "孙管理 起草" in released and "赵监督 发布" in released
    assert "每天最多 3 次，总共 30 次" in released
    assert "已撤销" in after
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert drafter.complaints == releaser.complaints == []


@pytest.mark.parametrize("matter", ["<script>alert(1)</script>", "没有的事项", "{{ 7*7 }}"])
def test_an_item_that_may_have_none_is_refused_in_words(window: Any, matter: str) -> None:
    page = draft(window("sun"), matter)

    page.wait_for_selector("text=只限清单直接允许")

    assert "49" not in page.inner_text("main")


def test_a_permit_page_says_what_a_standing_one_allows(world: Any, window: Any) -> None:
    draft(window("sun")).wait_for_selector("text=草案已提交")
    releaser = window("zhao")
    releaser.goto("/standing").click("#drafts button")
    page = releaser.goto("/permits")
    listed = page.inner_text("tbody")
    page.click("tbody a")
    page.wait_for_selector("text=每天最多")

    assert "常备许可" in listed
    assert "0 / 30" in page.inner_text("main")


def test_a_refused_form_leads_back_to_itself_as_it_was_filled_in(window: Any) -> None:
    page = draft(window("sun"), "没有的事项")
    page.wait_for_selector("text=只限清单直接允许")

    page.click("text=返回修改")
    page.wait_for_selector("#matter")

    assert urlsplit(page.url).path == "/standing"
    assert page.input_value("#matter") == "没有的事项"


def test_a_refused_form_leads_back_without_scripts_too(window: Any) -> None:
    drafter = window("sun")
    drafter.context.route("**/*.js*", lambda route: route.fulfill(body=""))
    page = draft(drafter, "没有的事项")
    page.wait_for_selector("text=只限清单直接允许")

    page.click("text=返回修改")
    page.wait_for_selector("#matter")

    assert urlsplit(page.url).path == "/standing"


def test_a_page_that_is_not_there_offers_no_form(window: Any) -> None:
    page = window("sun").goto("/nothing")

    assert "回首页" in page.inner_text("main") and "返回修改" not in page.inner_text("main")
