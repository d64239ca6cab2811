"""Arriving at a page: what browser tests wait with."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from sim.waiting import until
from tests.pictures import keep

# Photos that load lazily do not hold up the page's own end of loading.
_PHOTOS_IN_SIGHT = """() => Promise.all([...document.images]
  .filter((photo) => photo.checkVisibility() && photo.getBoundingClientRect().top < innerHeight)
  .map((photo) => photo.decode().catch(() => {})))"""
PATIENCE_S = 30


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


def see_photo(page: Page, photo: str, *, wider_than: int = 500) -> None:
    """Wait until the first photo of this selector has come with more pixels across than these.

    It asks from outside: `Page.wait_for_function` evaluates text in the page, which our pages
    forbid, and so it fails wherever it has to ask twice.
    """
    seen = page.locator(photo).first
    seen.scroll_into_view_if_needed()
    width = "photo => photo.naturalWidth"
    until(photo, lambda: seen.evaluate(width) > wider_than, PATIENCE_S, pause_s=0.1)
