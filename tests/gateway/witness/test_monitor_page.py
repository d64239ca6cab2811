"""The monitor's page in a real browser: readable on a desk and a phone, whatever is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway.witness import monitor_page
from gateway.witness.status import Status
from ledger.findings import Finding, Place
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOW_MS = 1_795_316_400_000
HOSTILE = "<img src=x onerror=document.title='taken'>" + "a" * 300
SIZES = ({"width": 1366, "height": 768}, {"width": 390, "height": 844})
ORIGIN = "seal.gucheng.example/420625000000/420625103000/2026"


def finding(code: str) -> Finding:
    place = Place(log=ORIGIN, index=302, author=HOSTILE, seq=4, at_ms=NOW_MS, seen_ms=NOW_MS)
    return Finding(code=code, place=place, detail=f"expected entry 4, found {HOSTILE}")


def statuses() -> list[Status]:
    """Return a township of each sort: bad, not reached, never visited, good."""
    seen = Status(name="a", title="谷城县城关镇", public=HOSTILE, at_ms=NOW_MS, good_ms=NOW_MS)
    bad = structs.replace(seen, findings=(finding("chain-gap"), finding("checkpoint-unknown-key")))
    away = structs.replace(seen, title=HOSTILE, unreachable=HOSTILE, unreachable_ms=NOW_MS)
    never = Status(name="c", title="谷城县盛康镇", public=HOSTILE)
    return [structs.replace(seen, title="谷城县庙滩镇", entries=12_873), bad, away, never]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_the_page_fits_and_shows_everything_as_text(
    chromium: Any, tmp_path: Path, language: Any, size: dict[str, int]
) -> None:
    path = tmp_path / "page.html"
    page_text = monitor_page.html(language, statuses(), NOW_MS, monitor_page.FILES)
    path.write_text(page_text, encoding="utf-8")
    page = chromium.new_page(viewport=size)

    page.goto(path.as_uri())
    keep(page, "monitor")

    title = monitor_page.say(language, "title")
    marks = [text[0] for text in page.locator(".state").all_inner_texts()]
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert page.title() == title and page.locator("img").count() == 0
    assert marks == ["✗", "！", "！", "✓"]  # what must be acted on stands first
    assert page.locator("section.late h2").first.inner_text() == HOSTILE
    assert page.locator(".finding").count() == 2
    page.close()


def test_the_summary_leaves_no_township_out() -> None:
    said = monitor_page.summary("zh", statuses())

    assert said == "共 4 个乡镇：1 个核对通过，1 个有问题，2 个还没读到。"
