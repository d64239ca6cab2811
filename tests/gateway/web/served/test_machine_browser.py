"""A machine's page in a browser: the three counts of its days, at a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.gateway.web.served.policies import DESK, PHONE
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = "all => all.map(one => one.checkVisibility() ? one.innerText.trim() : '')"
LABELLED = "all => all.map(one => getComputedStyle(one, '::before').content.replaceAll('\"', ''))"


@pytest.fixture
def differing(world, pages):
    """A township with a machine that made a stroke which no entry tells of."""
    machine = world.machines["m-1"]
    machine.start()
    photos = world.photo(pages[0][0]), world.photo(pages[0][1])
    machine.use("p-1", *photos, n=1, send_photos=False)
    machine.counter += 1
    use = machine.use("p-1", *photos, n=2, send_photos=False)
    world.until(lambda reader: reader.entry(use))
    return world


def test_the_three_counts_are_named_and_fit_at_a_desk_and_on_a_phone(differing, window):
    page = window("zhao").goto("/machines/m-1")
    heads = page.eval_on_selector_all("#reckoned th", SEEN)
    keep(page, "machine-counts")

    page.set_viewport_size(PHONE)
    keep(page, "machine-counts")

    labels = page.eval_on_selector_all("#reckoned td[data-label]", LABELLED)
    widest = "document.documentElement.scrollWidth"
    assert heads[2:] == ["机器压下次数", "记录数", "照片里的印数", "核对"]
    assert [one.strip() for one in labels] == heads[2:]
    assert page.evaluate(widest) <= PHONE["width"]
    page.set_viewport_size(DESK)
    assert page.evaluate(widest) <= DESK["width"]
