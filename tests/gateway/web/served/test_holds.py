"""Holds: released by whoever counted, once; the release may be sent again."""

from __future__ import annotations

import pytest

from gateway.commands import ReleaseHold
from gateway.stores.views import LogFilter
from tests.gateway.web.served.policies import DESK, Window


def test_hold_is_released_by_a_named_person_who_counted(busy, site):
    with busy.app.reader() as reader:
        (hold,) = reader.holds()
    console = site("zhao")

    asked = console.get(f"/holds/{hold.hold}")
    first = console.get(f"/holds/{hold.hold}?counted=1")
    outside = console.get(f"/holds/{hold.hold}?counted=7")
    second = console.post(f"/holds/{hold.hold}", {"impressions": "1"})

    assert "实际清点到几枚" in asked.text
    assert "赵监督 清点为 1 枚" in first.text
    assert "不在机器所报" in outside.text
    assert second.headers["location"] == "/holds?done=released"
    with busy.app.reader() as reader:
        released = reader.hold(hold.hold)
        assert reader.holds() == ()
    assert (released.counted, released.released_by) == (1, "zhao")


def test_release_that_a_machine_missed_is_sent_again_from_the_page(busy, site):
    with busy.app.reader() as reader:
        (hold,) = reader.holds()
    heard = []
    bus = busy.broker.bus("listener")
    bus.subscribe(f"seal/v1/{busy.config.township}/m-2/answer/#", 1)
    bus.start(heard.append, lambda up: None)
    busy.broker.pump()
    first = site("zhao").post(f"/holds/{hold.hold}", {"impressions": "1"})
    busy.settle()
    busy.broker.pump()
    console = site("sun")

    page = console.get(f"/holds/{hold.hold}")
    again = console.post(f"/holds/{hold.hold}", {"impressions": "1"})
    other = console.post(f"/holds/{hold.hold}", {"impressions": "0"})
    busy.settle()
    busy.broker.pump()

    assert (first.status_code, "再次发送解除通知" in page.text) == (303, True)
    assert again.headers["location"] == "/holds?done=sent-again"
    assert other.status_code == 409
    releases = [one.payload for one in heard if one.topic.endswith(hold.hold)]
    assert len(releases) == 2 and releases[0] == releases[1]
    with busy.app.reader() as reader:
        assert reader.count_entries(LogFilter(kinds=("hold-release",))) == 1
        assert reader.hold(hold.hold).released_by == "zhao"


@pytest.mark.parametrize("impressions", ["-1", "1001", "many"])
def test_number_that_nobody_can_count_releases_nothing(busy, site, impressions):
    with busy.app.reader() as reader:
        (hold,) = reader.holds()

    answer = site("zhao").post(f"/holds/{hold.hold}", {"impressions": impressions})

    assert answer.status_code in (409, 422)
    with busy.app.reader() as reader:
        assert reader.holds() == (hold,)


@pytest.mark.browser
@pytest.mark.slow
def test_released_hold_fits_the_screen_and_names_the_command_to_whom_asks(busy, serve, chromium):
    with busy.app.reader() as reader:
        (hold,) = reader.holds()
    window = Window(chromium, serve(busy), "sun", DESK)
    busy.app.submit(ReleaseHold(by="zhao", hold=hold.hold, impressions=1)).result(20)

    widths = window.widths(f"/holds/{hold.hold}")
    before = window.page.inner_text("#release")
    window.page.click("#release summary")
    opened = window.page.inner_text("#release")
    over = window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    window.context.close()

    assert max(*widths, over) <= 0
    assert hold.hold not in before
    assert f"seal-gateway export-release --config gateway.toml {hold.hold} release.dsse" in opened
