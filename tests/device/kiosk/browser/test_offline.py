"""What works without a network, said on the screen, and the way from there to a stamp."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from device.kiosk.port import StandingView
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rules = Callable[[Page, str], list[Any]]
HOSTILE = "<img src=x onerror=document.title='owned'>"


def standing(**changes: Any) -> StandingView:
    fields: dict[str, Any] = {
        "permit": "s-1",
        "seal": "committee",
        "matter": "CM-05",
        "name": "村民建房申请",
        "left_today": 2,
        "left": 30,
        "not_after_ms": time.time_ns() // 1_000_000 + 30 * 86_400_000,
        "agreed_by": ("a-1", "a-2"),
        **changes,
    }
    return StandingView(**fields)


def test_a_clerk_without_network_sees_what_can_be_stamped_and_applies_for_it(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    village.change(
        online=False,
        standing=(
            standing(),
            standing(permit="s-2", matter="CM-09", name="户籍迁移", left_today=0,
                     reason="permit-day-over"),
            standing(permit="s-3", matter="XY-P03", name="助学贷款", agreed_by=("wang",)),
        ),
    )  # fmt: skip
    village.add_request("征兵政治考核证明", state="approved", left=1, permit="p")
    village.add_request("贫困学生证明")
    page = open_kiosk()
    sign_in_at(page)
    page.click("#offline")
    arrive(page, "**/offline")
    bad = broken_rules(page, "offline-permits")
    rows = page.locator(".requests li")
    told = [rows.nth(n).text_content() or "" for n in range(rows.count())]
    page.locator("button:has-text('办这件')").first.click()
    arrive(page, "**/apply/applicant")

    assert bad == []
    assert "现在能盖" in told[0] and "征兵" in told[0]
    assert "今天还能盖 2 次" in told[1]
    assert any("明天再来" in one and "现在不能" in one for one in told)
    assert any("不能自己盖" in one for one in told)
    assert any("贫困学生" in one and "要联网才有答复" in one for one in told)
    assert "联网后送镇里审批" in told[-1]


def test_the_summary_says_that_nobody_need_be_asked(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    village.change(online=False, standing=(standing(),))
    page = open_kiosk()
    sign_in_at(page)
    page.goto("/offline")
    page.click("button:has-text('办这件')")
    arrive(page, "**/applicant")
    token = page.get_attribute("body", "data-token")
    for question, answer in (("applicant", "张桂芳"), ("purpose", "交学校"), ("copies", "2")):
        page.request.post(f"/apply/{question}", form={"token": token, "answer": answer})
    page.request.post("/apply/pages", form={"token": token})
    page.goto("/apply/confirm")

    expect(page.locator("#standing")).to_contain_text("不用等审批")
    expect(page.locator(".offline")).to_have_count(0)
    assert broken_rules(page, "confirm-standing") == []
    village.change(standing=(standing(left_today=1),))
    page.goto("/apply/confirm")
    expect(page.locator("#standing")).to_contain_text("只剩 1 次")


def test_the_way_on_is_the_only_blue_button_there_is(
    village: Any, open_kiosk: Any, sign_in_at: Any
) -> None:
    village.change(online=False)
    page = open_kiosk()
    sign_in_at(page)

    page.goto("/offline")
    with_nothing = page.locator("nav .button.go").count()
    village.change(standing=(standing(),))
    page.goto("/offline")

    assert with_nothing == 1
    expect(page.locator(".requests .button.go")).to_have_text("办这件")
    expect(page.locator("nav .button.go")).to_have_count(0)


def test_a_request_without_network_says_that_it_is_kept(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    village.change(online=False)
    village.add_request("贫困学生证明")
    page = open_kiosk()
    sign_in_at(page)

    page.click(".requests .button")
    arrive(page, "**/request/**")

    expect(page.locator("main")).to_contain_text("已保存，联网后送审")
    assert broken_rules(page, "stored") == []


def test_hostile_names_are_text(village: Any, open_kiosk: Any, sign_in_at: Any) -> None:
    village.change(online=False, standing=(standing(name=HOSTILE),))
    village.add_request(HOSTILE, state="approved", left=1, permit="p", applicant=HOSTILE)
    page = open_kiosk()
    sign_in_at(page)

    page.goto("/offline")

    expect(page.locator(".requests")).to_contain_text(HOSTILE)
    assert page.title() != "owned"


def test_a_held_machine_offers_nothing(village: Any, open_kiosk: Any, sign_in_at: Any) -> None:
    village.change(standing=(standing(),))
    page = open_kiosk()
    sign_in_at(page)
    village.hold()
    arrive(page, "**/hold")

    page.goto("/offline")

    expect(page.locator(".notice")).to_contain_text("什么都不能盖")
    expect(page.locator("button:has-text('办这件')")).to_have_count(0)


def test_both_languages_have_what_the_page_needs(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> None:
    village.change(online=False, standing=(standing(),))
    page = open_kiosk()
    sign_in_at(page)
    page.click("#language")
    page.wait_for_selector("html[lang='en']")
    page.goto("/offline")

    assert "Standing permit" in page.inner_text(".requests")
    assert broken_rules(page, "offline-en") == []
