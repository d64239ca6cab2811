"""Arriving at a page: what browser tests wait with."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.pictures import keep

# Photos that load lazily do not hold up the page's own end of loading.
_PHOTOS_IN_SIGHT = """() => Promise.all([...document.images]
  .filter((photo) => photo.checkVisibility() && photo.getBoundingClientRect().top < innerHeight)
  .map((photo) => photo.decode().catch(() => {})))"""


def arrive(page: Page, url: str) -> None:
    """Wait until the page of this URL is loaded; `**` in it is anything.

    Unlike `Page.wait_for_url` it goes on when another navigation is given up on the way, as a page
    that renews itself gives up its renewal when somebody taps a link.
    """
    wanted = re.compile(".*".join(map(re.escape, url.split("**"))) + "$")
    expect(page).to_have_url(wanted, timeout=30_000)
    page.wait_for_load_state()
    keep(page)


def go_to(page: Page, url: str) -> None:
    """Open an address and wait until its page and every photo in sight has come or has failed.

    Nothing is waited for after that, unlike with `networkidle`, which is half a second of silence.
    """
    page.goto(url)
    page.evaluate(_PHOTOS_IN_SIGHT)
    keep(page)
