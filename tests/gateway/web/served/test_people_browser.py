"""People in a real browser: drafted by one, released by another, obeyed by the machine offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from device.journal import Journal
from device.people import People
from device.township_keys import TownshipKeys
from gateway.commands import DraftList, ReleaseList
from gateway.desk import lists
from ledger.records_people import AccountAct
from ledger.signers import keyfile
from tests.gateway.web.conftest import TOWNSHIP
from tests.gateway.web.served.policies import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VILLAGE = "330182107201"
HOSTILE = '<img src=x onerror="document.title=1">&{{7*7}}'


class Kiosk:
    """The first village's machine as far as its people list goes: the agent's own code."""

    def __init__(self, world: Any, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.machine = world.machines["m-1"]
        self.machine.start()
        self.heard: list[bytes] = []
        bus = world.broker.bus("m-1-people")
        bus.subscribe(f"seal/v1/{TOWNSHIP}/m-1/people", 1)
        bus.start(lambda message: (self.heard.append(message.payload), bus.done(message)), print)
        world.until(lambda reader: reader.size() > 3)

    def people(self) -> People:
        """Start with what came down so far, as after a power cut."""
        signer = keyfile.load(self.world.folder / "m-1.pem", self.world.folder / "m-1.json")
        journal = Journal(self.folder, signer, lambda data: data)
        ring = keyfile.read_ring(self.world.folder / "keys", "sim")
        keys = TownshipKeys(journal, ring, TOWNSHIP, None)
        known = People(journal, keys, self.machine.identity, None)
        self.world.settle()
        self.world.broker.pump()
        for raw in self.heard:
            known.hear(raw)
        self.heard.clear()
        journal.close()
        return known

    def who(self) -> dict[str, str]:
        """Return who may sign in now, by account."""
        return {one.account: one.name for one in self.people().now(self.world.now_ms())}


@pytest.fixture
def kiosk(world: Any, tmp_path: Path) -> Kiosk:
    return Kiosk(world, tmp_path / "kiosk")


def add(page: Any, number: int, account: str, name: str, office: str, card: str, pin: str) -> None:
    """Fill in the row of somebody new."""
    page.fill(f"#account{number}", account)
    page.fill(f"#name{number}", name)
    page.check(f"input[value='{number}:{office}']")
    page.fill(f"#card{number}", card)
    page.fill(f"#pin{number}", pin)


def rows(page: Any) -> int:
    return int(page.locator("details.person").count())


def draft(window: Any, name: str = "陈玉兰", card: str = "04A1B2C3") -> Any:
    """Let 孙管理 draft a list with one newcomer."""
    page = window("sun").goto(f"/people/{VILLAGE}")
    add(page, rows(page) - 3, "chen", name, "clerk", card, "246813")
    page.click("text=保存草案")
    page.wait_for_selector("text=名单草案已保存")
    return page


def release(window: Any) -> Any:
    """Let 赵监督 release what waits."""
    page = window("zhao").goto("/people")
    page.click("text=复核无误，下发")
    page.wait_for_selector("text=名单已下发")
    return page


def acts(world: Any) -> list[tuple[str, str, str, str | None]]:
    with world.app.reader() as reader:
        bodies = [one.body for one in reader.all_entries()]
    return [
        (one.account, one.act, one.by, one.released_by)
        for one in bodies
        if isinstance(one, AccountAct)
    ]


def test_two_persons_let_a_clerk_in_and_one_locks_her_out(
    world: Any, window: Any, kiosk: Kiosk
) -> None:
    own = draft(window)
    before = kiosk.who()
    told = own.inner_text(f"#p{VILLAGE}")

    release(window)

    assert "须由另一人复核下发" in told and "新增" in told and "陈玉兰" in told
    assert own.locator("text=复核无误，下发").count() == 0
    assert before == {}
    assert kiosk.who() == {"chen": "陈玉兰"}
    (person,) = kiosk.people().now(world.now_ms())
    assert person.carries("04A1B2C3") and not person.carries("04A1B2C4")
    assert ("chen", "given", "sun", "zhao") in acts(world)

    page = window("zhao").goto("/people")
    row = page.locator("tr", has_text="陈玉兰")
    row.locator("summary").click()
    row.locator("text=只停这张卡").click()
    row.locator("text=确认，恢复须两人").click()
    row.locator("button.stop").click()
    page.wait_for_selector("text=该卡已停用")

    assert kiosk.who() == {}
    assert acts(world)[-1] == ("chen", "card-stopped", "zhao", None)


def test_the_screen_says_at_once_what_is_wrong_with_a_pin(window: Any) -> None:
    page = window("sun").goto(f"/people/{VILLAGE}")
    add(page, rows(page) - 3, "chen", "陈玉兰", "clerk", "04A1", "111111")

    page.click("text=保存草案")

    page.wait_for_selector("text=刷卡密码应为六到十二位数字")


def test_hostile_names_are_text_everywhere(world: Any, window: Any, kiosk: Kiosk) -> None:
    page = draft(window, name=HOSTILE, card="<b>1</b>")

    shown = page.inner_text(f"#p{VILLAGE}")
    after = release(window).inner_text(f"#p{VILLAGE}")

    assert HOSTILE in shown and HOSTILE in after
    assert kiosk.who() == {"chen": HOSTILE}
    assert page.title() != "1"


def test_what_somebody_did_is_one_tap_from_the_name_lists_included(
    world: Any, window: Any, kiosk: Kiosk
) -> None:
    file = "code,name,verdict\nT-01,居住,可以\n".encode()
    content = lists.read_csv(file, "township", "示范镇", "2026-01-01")
    world.app.submit(DraftList(by="sun", list=content, file=file)).result(20)
    with world.app.reader() as reader:
        waiting = reader.list_drafts()[0].draft
    world.app.submit(ReleaseList(by="zhao", draft=waiting)).result(20)
    draft(window)
    page = release(window)

    page.click("tr:has-text('赵监督') >> text=做过的事")
    page.wait_for_selector("#whose")
    theirs = page.inner_text("main table")
    said = page.inner_text("#whose")
    own = window("sun")
    own.goto("/account").click("#acts")
    own.page.wait_for_selector("#whose")
    mine = own.page.inner_text("main table")

    assert "只列 赵监督 做过的事" in said
    assert "清单发布" in theirs and "人员名单" in theirs and "清单草案" not in theirs
    assert "清单草案" in mine and "人员名单" in mine and "清单发布" in mine
    page.select_option("#kind", "list")
    page.click("text=筛选")
    page.wait_for_url("**who=zhao**kind=list**")
    assert "清单发布" in page.inner_text("main table")
    assert own.complaints == []


def test_a_director_sees_the_people_of_the_own_village_alone(window: Any) -> None:
    page = window("zhou").goto("/people")

    text = page.inner_text("main")

    assert "清溪村" in text and "石桥村" not in text and "镇工作人员" not in text
    assert page.locator("text=拟定名单").count() == 0


def test_pages_fit_desk_and_phone(world: Any, window: Any, kiosk: Kiosk, tmp_path: Path) -> None:
    draft(window)

    for name, size in (("desk", DESK), ("phone", PHONE)):
        one = window("zhao", size)
        for path in ("/people", f"/people/{VILLAGE}"):
            page = one.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], (path, name)
        assert one.complaints == []
