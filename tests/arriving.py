"""Arriving at a page: what browser tests wait with."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.pictures import keep


def arrive(page: Page, url: str) -> None:
    """Wait until the page of this URL is loaded; `**` in it is anything.

    Unlike `Page.wait_for_url` it goes on when another navigation is given up on the way, as a page
    that renews itself gives up its renewal when somebody taps a link.
    """
    wanted = re.compile(".*".join(map(re.escape, url.split("**"))) + "$")
    expect(page).to_have_url(wanted, timeout=30_000)
    page.wait_for_load_state()
    keep(page)
