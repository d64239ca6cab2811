"""The calendar of working days in a real browser: drafted by one, released by another."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = "<b onmouseover=alert(1)>"


def test_calendar_is_drafted_line_by_line_and_released_by_another_person(window: Any) -> None:
    sun, zhao, li = window("sun"), window("zhao"), window("li")
    page = sun.goto("/calendar?year=2027")
    before = page.inner_text("main")
    page.fill("#days", f"2027-02-05 至 2027-02-07 休 {HOSTILE}\n2027-02-20 班\n某天 休")
    page.click("#edit button.main")
    page.wait_for_selector("#edit [role=alert]")
    told = page.inner_text("#edit [role=alert]")
    page.fill("#days", f"2027-02-05 至 2027-02-07 休 {HOSTILE}\n2027-02-20 班")
    page.fill("#opens", "9:00")
    page.click("#edit button.main")
    page.wait_for_selector("text=已提交，等另一人发布")
    own = page.inner_text("#drafts")

    page = zhao.goto("/calendar?year=2027")
    badge, draft = page.inner_text("#badge-calendar"), page.inner_text("#drafts")
    page.click("text=发布这份日历")
    page.wait_for_selector("text=日历已发布")
    after = li.goto("/calendar?year=2027")

    assert "2027 年还没有发布日历" in before
    assert "第 3 行:应写成" in told
    assert "须由另一人发布" in own and badge == "1"
    assert "2027-02-05 上班 → 休息" in draft and "2027-02-20 休息 → 上班" in draft
    assert HOSTILE in draft and "工作时间 9:00 至 17:30" in draft
    assert "工作时间 9:00 至 17:30" in after.inner_text("main")
    assert "rests special" in after.get_attribute("[title^='2027-02-05']", "class")
    assert "works special" in after.get_attribute("[title^='2027-02-20']", "class")
    assert after.locator("#edit").count() == 0
    errors = [one for one in sun.complaints if "422" not in one]
    assert errors == zhao.complaints == li.complaints == []


def test_calendar_fits_the_screen_in_both_languages(window: Any) -> None:
    sun = window("sun")
    for path in ("/calendar", "/language/en?back=/calendar"):
        assert max(sun.widths(path)) <= 0
    assert "Working days of" in sun.page.inner_text("main")
