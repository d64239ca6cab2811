"""Searching the seal log in a real browser: in Chinese, by keyboard, for the right eyes only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.arriving import arrive
from tests.gateway.web.served.policies import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("busy")]


def search(one: Window, words: str) -> str:
    """Search by the keyboard alone and return the rows."""
    page = one.goto("/log")
    page.keyboard.press("/")
    page.keyboard.type(words)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return str(page.inner_text("main"))


def test_auditor_finds_a_person_by_two_characters_and_opens_the_entry_by_keyboard(
    window: Any,
) -> None:
    zhao = window("zhao")

    by_name = search(zhao, "建国")
    zhao.page.keyboard.press("j")
    zhao.page.keyboard.press("Enter")
    arrive(zhao.page, "**/log/**")
    entry = zhao.page.inner_text("main")

    assert by_name.count("用印申请") >= 1 and "王建国" not in by_name
    assert "王建国" in entry
    assert zhao.complaints == []


def test_words_narrow_each_other(window: Any) -> None:
    zhao = window("zhao")

    both, none = search(zhao, "务工 陈玉兰"), search(zhao, "居住情况 陈玉兰")
    by_person = search(zhao, "王审批")
    hostile = search(zhao, "<script>alert(1)</script>%'\"--")

    assert "务工介绍信" in both and "没有符合条件的记录" not in both
    assert "没有符合条件的记录" in none
    assert "审批" in by_person and "没有符合条件的记录" not in by_person
    assert "没有符合条件的记录" in hostile
    assert zhao.complaints == []


def test_office_without_personal_data_finds_nobody_by_name(window: Any) -> None:
    sun = window("sun")

    assert "没有符合条件的记录" in search(sun, "建国")
    assert "务工介绍信" in search(sun, "务工")


def test_log_fits_the_screen(window: Any) -> None:
    zhao = window("zhao")
    for path in ("/log", "/log?words=建国", "/language/en?back=/log"):
        assert max(zhao.widths(path)) <= 0
