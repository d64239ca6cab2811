"""The screen without a people list that holds, on the real kiosk's size, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Rules = Callable[[Page, str], list[Any]]
DAY_MS = 24 * 3600 * 1000


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("state", ["missing", "expired", "damaged", "valid"])
def test_what_is_wrong_with_the_list_is_said_in_full_and_breaks_no_rule(
    village: Any, open_kiosk: Any, broken_rules: Rules, state: str, language: str, tmp_path: Path
) -> None:
    village.change(people=state, people_until_ms=village.view().now_ms + 5 * DAY_MS)
    village.people = ()
    page = open_kiosk()
    if language == "en":
        page.click("#language")
        page.wait_for_selector("html[lang='en']")

    bad = broken_rules(page, f"people-{state}")

    assert bad == []
    assert page.locator("#people").is_visible()
    box = page.locator("#people").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 600
