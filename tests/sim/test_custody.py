"""A seal lent, handed over, serviced, lost and void, on real screens with real processes.

One township for all of them, in this order: a hold and a void seal stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from msgspec import Struct, structs
from playwright.sync_api import Browser, Page, expect

from sim.client import MachineClient
from sim.township import Township
from sim.township_plan import Person, Plan, make_plan
from sim.waiting import until
from tests.arriving import arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 40_000
KEEPER = ("keeper-2", "孙长友", "c0ffee01", "135790")
WITNESS = ("witness-2", "陈见证", "c0ffee02", "246802")


class Scene(Struct):
    """One village of a township at work: its kiosk, its machine, and two people's consoles."""

    plan: Plan
    machine: MachineClient
    kiosk: Page
    asking: Page
    permitting: Page

    def permitted(self, purpose: str) -> None:
        """Ask for an opening as one person, and permit it as another one."""
        village = self.plan.villages[0]
        self.asking.goto(f"/custody/{village.machine}/committee")
        form = self.asking.locator("#purpose")
        until(
            "the opening before at the console", lambda: _reload(self.asking) and form.count(), 40
        )
        self.asking.select_option("#purpose", label=purpose)
        self.asking.fill("#reason", "县档案馆用印")
        self.asking.click("#ask")
        expect(self.asking.get_by_text("已申请，等另一人准许。")).to_be_visible()
        expect(self.asking.get_by_role("button", name="准许开仓")).to_have_count(0)
        self.permitting.goto("/custody")
        self.permitting.get_by_role("button", name="准许开仓").click()
        expect(self.permitting.get_by_text("已准许，发往机器。")).to_be_visible()

    def opened(self, purpose: str) -> None:
        """Go from the kiosk's home to the opened hatch, the second person by card and PIN."""
        kiosk = self.kiosk
        kiosk.goto("/home")
        kiosk.click("#custody")
        row = kiosk.locator("li", has_text=purpose)
        until(f"the permit for {purpose}", lambda: _reload(kiosk) and row.count() > 0, 40)
        row.get_by_role("button", name="打开仓门").click()
        expect(kiosk.get_by_role("heading", name="请第二个人刷卡")).to_be_visible()
        self.machine.lay_card(KEEPER[2])
        self.typed(KEEPER[3], "**/custody/ready")
        kiosk.click("#open")
        arrive(kiosk, "**/hatch")
        expect(kiosk.get_by_text("仓门开着", exact=True)).to_be_visible()

    def typed(self, pin: str, url: str) -> None:
        """Type a PIN on the screen's keys."""
        self.kiosk.wait_for_selector(".keypad")
        for digit in pin:
            self.kiosk.click(f".keypad [data-key='{digit}']")
        self.kiosk.click("#next")
        arrive(self.kiosk, url)

    def shut(self) -> None:
        """Push the hatch shut and say that it is done."""
        assert self.machine.shut_hatch()
        expect(self.kiosk.get_by_text("仓门关好了")).to_be_visible()  # the last change of the page
        self.kiosk.click("#done:not([disabled])")

    def answered(self, heading: str, answer: str) -> None:
        """Answer one question."""
        expect(self.kiosk.get_by_role("heading", name=heading)).to_be_visible()
        self.kiosk.locator("input[name='answer']").fill(answer)
        self.kiosk.click("#next")

    def photographed(self) -> None:
        """Photograph the sheet, again where the camera had no picture just then."""

        def taken() -> bool:
            with self.kiosk.expect_navigation():
                self.kiosk.click("#take")
            return not self.kiosk.url.endswith("/custody/sample")

        until("a photo of the sheet", taken, PATIENCE_MS / 1000)

    def settled(self) -> None:
        """Confirm the summary."""
        expect(self.kiosk.get_by_role("heading", name="都对吗")).to_be_visible()
        self.kiosk.click("#settle")
        expect(self.kiosk.get_by_text("已记下。")).to_be_visible()

    def ledger(self) -> Page:
        """Show the seal's page at the console."""
        self.permitting.goto(f"/custody/{self.plan.villages[0].machine}/committee")
        return self.permitting


@pytest.fixture(scope="module")
def scene(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Start a township of one village of profile B, and sign everybody in."""
    plan = make_plan(tmp_path_factory.mktemp("custody") / "town", 2, friendly=False)
    plan.folder.mkdir()
    (village,) = plan.villages[1:]
    people = tuple(one for one in plan.people if one.village in ("", village.code))
    plan = structs.replace(plan, villages=(village,), people=people)
    town = Township(plan, lambda _step: None)
    pages: list[Page] = []

    def page(url: str, width: int, height: int) -> Page:
        one = chromium.new_page(
            base_url=url, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        one.set_default_timeout(PATIENCE_MS)
        pages.append(one)
        one.goto("/")
        return one

    def staff(person: Person) -> Page:
        one = page(plan.console, 1366, 768)
        one.fill("[name=account]", person.account)
        one.fill("[name=password]", person.password)
        one.keyboard.press("Enter")
        arrive(one, f"{plan.console}/")
        return one

    try:
        town.start()
        _add(plan, KEEPER)
        _add(plan, WITNESS)
        kiosk = page(village.kiosk, 1024, 600)
        made = Scene(
            plan=plan,
            machine=town.machine(village),
            kiosk=kiosk,
            asking=staff(plan.person("admin")),
            permitting=staff(plan.person("auditor")),
        )
        made.machine.lay_card(village.card)
        arrive(kiosk, "**/pin")
        made.typed(village.pin, "**/home")
        yield made
    finally:
        for one in pages:
            one.close()
        town.stop()


def _add(plan: Plan, who: tuple[str, str, str, str]) -> None:
    """Let one more person sign in at the machine."""
    account, name, card, pin = who
    path = plan.device_folder(plan.villages[0]) / "people.toml"
    more = (
        f'\n[[person]]\naccount = "{account}"\nname = "{name}"\ncard = "{card}"\n'
        f'pin_hash = "{PasswordHasher().hash(pin)}"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")


def _reload(page: Page) -> bool:
    page.reload()
    return True


def test_seal_is_lent_stamps_nothing_and_comes_back(scene: Scene, tmp_path: Path) -> None:
    scene.permitted("外借")
    scene.opened("外借")
    assert scene.machine.move_seal(present=False)
    scene.shut()
    scene.answered("交给谁", "李四")
    scene.answered("带到哪里", "县档案馆")
    scene.answered("几天内还", "3")
    scene.answered("压了几次", "0")
    scene.settled()

    expect(scene.kiosk.locator("#strip")).to_contain_text("印章外借，还没还")
    expect(scene.kiosk.locator("#strip")).to_contain_text("请借用人归还")
    ledger = scene.ledger()
    expect(ledger.get_by_text("外借中").first).to_be_visible()
    until(
        "the opening of the entry",
        lambda: _reload(ledger) and ledger.get_by_text("县档案馆").count() > 1,
        40,
    )
    ledger.screenshot(path=tmp_path / "ledger-out.png", full_page=True)

    scene.permitted("归还")
    scene.opened("归还")
    assert scene.machine.move_seal(present=True)
    scene.shut()
    scene.kiosk.click("#sound")
    scene.machine.lay_page("rendered:3")
    scene.answered("压了几次", "0")
    expect(scene.kiosk.get_by_role("heading", name="盖了印的纸")).to_be_visible()
    scene.photographed()
    scene.settled()

    expect(scene.kiosk.locator("#strip")).to_contain_text("机器正常")
    ledger = scene.ledger()
    until(
        "the return in the ledger",
        lambda: _reload(ledger) and ledger.get_by_text("印章完好").count(),
        40,
    )
    expect(ledger.locator(".chip.good", has_text="在机器里")).to_be_visible()
    scene.permitting.goto("/custody")
    scene.permitting.screenshot(path=tmp_path / "custody.png", full_page=True)
    scene.permitting.set_viewport_size({"width": 390, "height": 844})
    assert scene.permitting.evaluate("document.documentElement.scrollWidth") <= 390
    assert scene.ledger().evaluate("document.documentElement.scrollWidth") <= 390
    scene.permitting.screenshot(path=tmp_path / "ledger-phone.png")
    scene.permitting.set_viewport_size({"width": 1366, "height": 768})


def test_a_seal_is_handed_over_before_a_witness(scene: Scene) -> None:
    scene.permitted("移交")
    scene.opened("移交")
    assert scene.machine.press_inside()["down"]
    scene.shut()
    expect(scene.kiosk.get_by_role("heading", name="请见证人刷卡")).to_be_visible()
    scene.machine.lay_card(WITNESS[2])
    arrive(scene.kiosk, "**/custody/pin")
    scene.typed(WITNESS[3], "**/custody/counted")
    scene.answered("压了几次", "1")
    scene.photographed()
    scene.settled()

    expect(scene.kiosk.locator("#strip")).to_contain_text("机器正常")
    ledger, village = scene.ledger(), scene.plan.villages[0]
    row = ledger.locator("tr", has_text=WITNESS[0])
    until("the handover in the ledger", lambda: _reload(ledger) and row.count() > 0, 40)
    expect(row.first).to_contain_text(KEEPER[0])
    told = row.first.inner_text()
    assert village.clerk in told or village.clerk_name in told


def test_strokes_of_a_service_are_counted_or_hold_the_machine(scene: Scene) -> None:
    scene.permitted("加印油或检修")
    scene.opened("加印油或检修")
    for _ in range(2):
        assert scene.machine.press_inside()["down"]
    scene.shut()
    scene.kiosk.click("#ink")
    scene.kiosk.click("#next:not([disabled])")
    scene.answered("压了几次", "2")
    scene.settled()
    expect(scene.kiosk.locator("#strip")).to_contain_text("机器正常")

    scene.permitted("加印油或检修")
    scene.opened("加印油或检修")
    assert scene.machine.press_inside()["down"]
    scene.shut()
    scene.kiosk.click("#repair")
    scene.kiosk.click("#next:not([disabled])")
    scene.answered("压了几次", "0")
    scene.kiosk.click("#settle")

    arrive(scene.kiosk, "**/hold")
    expect(scene.kiosk.get_by_text("开仓期间压的次数对不上")).to_be_visible()
    ledger = scene.ledger()
    until(
        "the count in the ledger",
        lambda: _reload(ledger) and ledger.get_by_text("对不上").count(),
        40,
    )


def test_a_lost_seal_stops_at_once_and_is_voided_by_two(scene: Scene) -> None:
    kiosk = scene.kiosk
    kiosk.goto("/custody")
    kiosk.get_by_role("link", name="报告丢失").click()
    expect(kiosk.get_by_text("请同时打电话给镇里和派出所")).to_be_visible()
    kiosk.click("#lost")
    expect(kiosk.get_by_text("已停用并报告。")).to_be_visible()
    expect(kiosk.locator("main")).to_contain_text("已报丢失")

    ledger, asking = scene.ledger(), scene.asking
    lost = ledger.locator(".chip.bad", has_text="已报丢失")
    until("the loss in the ledger", lambda: _reload(ledger) and lost.count() > 0, 40)
    asking.goto(f"/custody/{scene.plan.villages[0].machine}/committee")
    asking.fill("#why", "登报声明作废")
    asking.get_by_role("button", name="申请作废").click()
    expect(asking.get_by_role("button", name="确认作废")).to_have_count(0)
    scene.ledger().get_by_role("button", name="确认作废").click()

    expect(scene.ledger().locator(".chip.bad", has_text="已作废")).to_be_visible()
    until("the void seal at the machine", lambda: _void(kiosk), 40)


def _void(kiosk: Page) -> bool:
    """Tell whether the machine says that the seal is void, and offers nothing to do with it."""
    kiosk.goto("/custody")
    offered = kiosk.get_by_role("link", name="报告丢失").count()
    return "印章已作废" in kiosk.inner_text("main") and not offered
