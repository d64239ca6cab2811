"""The console in a real browser: the way of an approver, of an auditor, and what screens owe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.arriving import arrive, go_to, see_photo
from tests.pictures import keep, path_name

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
LEAST_TARGET_PX = 36
LIVE_S = 15  # how often a page asks for what is new; the browser's clock is put on by so much
PATHS = {
    "zhao": [
        "/",
        "/approvals",
        "/log",
        "/alerts",
        "/holds",
        "/permits",
        "/matters",
        "/machines",
        "/ledger",
        "/custody",
        "/standing",
        "/emergency",
        "/policy",
        "/people",
        "/channels",
        "/retention",
        "/precision",
        "/troubles",
        "/account",
        "/log/{use}",
        "/approvals/{request}",
        "/alerts/{alert}",
        "/holds/{hold}",
        "/permits/{permit}",
        "/retention/months/2026-11",
        "/matters/why?village=330182107201&matter=T-01",
    ],
    "sun": [
        "/calendar",
        "/calendar?year=2027",
        "/matters/import",
        "/machines/m-1",
        "/machines/m-2",
        "/matters/versions/1",
        "/custody/m-1/committee",
        "/people/330182107201",
    ],
    "li": ["/", "/filed"],
    "wang": ["/confirm"],
}


class Screen:
    """One person's window; remembers what went wrong in it and where it wanted to go."""

    def __init__(self, browser: Browser, url: str, size: dict[str, int]) -> None:
        self.url = url
        self.context = browser.new_context(viewport=size, locale="zh-CN")
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _note(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def sign_in(self, account: str) -> Page:
        self.page.goto(f"{self.url}/sign-in")
        keep(self.page, "sign-in")
        self.page.fill("#account", account)
        self.page.fill("#password", "correct horse 42")
        self.page.click("button.main")
        arrive(self.page, f"{self.url}/")
        return self.page

    def goto(self, path: str) -> Page:
        go_to(self.page, self.url + path)
        return self.page


@pytest.fixture
def screen(busy, serve, chromium):
    """Open windows on one busy township: `screen()` or `screen(PHONE)`."""
    url = serve(busy)
    made: list[Screen] = []

    def open_screen(size: dict[str, int] = DESK) -> Screen:
        made.append(Screen(chromium, url, size))
        return made[-1]

    yield open_screen
    for one in made:
        one.context.close()


def test_approver_decides_with_two_taps_and_without_a_page_load(screen, busy):
    window = screen()
    page = window.sign_in("wang")
    page.click("text=去审批")
    page.click("text=居住情况说明")
    see_photo(page, "figure.page img")
    address = page.url

    page.click("#decision >> text=批准")
    page.wait_for_selector("text=确认批准")
    assert page.url == address
    page.fill("#note", "已核对原件")
    page.click("text=确认批准")

    page.wait_for_selector("text=许可已发往印章机")
    with busy.app.reader() as reader:
        newest = reader.requests("permitted")[0]
    assert newest.approvals[0].note == "已核对原件"
    assert page.inner_text("#badge-approvals") == "1"
    assert window.complaints == []


def test_auditor_sees_both_photos_and_every_rung(screen, busy):
    window = screen()
    window.sign_in("zhao")
    with busy.app.reader() as reader:
        use = [entry for entry in reader.entries() if entry.kind == "use"][-1]
    page = window.goto(f"/log/{use.index}")

    widths = page.eval_on_selector_all("figure img", "all => all.map(one => one.naturalWidth)")
    boxes = page.eval_on_selector_all(
        "figure", "all => all.map(one => one.getBoundingClientRect().top)"
    )
    marks = page.eval_on_selector_all(".ladder .mark", "all => all.map(one => one.innerText)")

    assert len(widths) == 2
    assert min(widths) > 500
    assert boxes[0] == boxes[1]
    assert marks == [*["✓"] * 8, "–"]  # a use withholds nothing
    page.click(".rung-hash summary")
    assert use.sha256 in page.inner_text(".rung-hash")
    assert window.complaints == []


def test_machine_is_released_after_counting(screen, busy):
    window = screen()
    page = window.sign_in("zhao")
    page.click("text=断电或断线")
    page.fill("#counted", "1")
    page.click("text=下一步")
    page.click("text=我已清点 1 枚")

    page.wait_for_selector("text=已解除锁定")
    with busy.app.reader() as reader:
        assert reader.holds() == ()
    assert window.complaints == []


def test_keys_move_mark_and_open_alerts(screen):
    page = screen().sign_in("zhao")
    page.click("#badge-alerts")
    arrive(page, "**/alerts")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press(" ")
    marked = page.eval_on_selector_all("[data-one]", "all => all.map(one => one.checked)")
    counted = page.inner_text("[data-marked]")
    page.keyboard.press("Enter")
    arrive(page, "**/alerts/**")

    assert marked[0] is True
    assert sum(marked) == 1
    assert counted == "1"


def test_keys_typed_into_a_field_move_nothing(screen):
    page = screen().sign_in("zhao")
    page.click("#badge-alerts")
    arrive(page, "**/alerts")

    page.click("#note")
    page.keyboard.type("jk jk")

    assert page.input_value("#note") == "jk jk"


def test_new_entries_are_announced_and_the_list_stays_where_it_is(screen, busy):
    window = screen()
    window.page.clock.install()
    window.sign_in("zhao")
    page = window.goto("/log")
    top = page.evaluate("document.querySelector('table').getBoundingClientRect().top")

    busy.machines["m-1"].start()
    busy.settle()
    page.clock.fast_forward(1000 * LIVE_S)
    page.wait_for_selector("#fresh a", timeout=30_000)

    moved = page.evaluate("document.querySelector('table').getBoundingClientRect().top") - top
    rows = page.eval_on_selector_all("[data-row]", "all => all.length")
    assert "又来了 2 条" in page.inner_text("#fresh")
    assert moved == 0
    assert rows == 14
    assert window.complaints == []


@pytest.fixture
def named(busy):
    """What the pages about one thing are called by."""
    with busy.app.reader() as reader:
        entries = reader.entries()
        return {
            "use": next(one.index for one in entries if one.kind == "use"),
            "request": reader.requests("open")[0].request,
            "alert": reader.alerts()[0].alert,
            "hold": reader.holds()[0].hold,
            "permit": reader.permits()[0].permit,
        }


@pytest.mark.parametrize("account", sorted(PATHS))
def test_pages_fit_the_screen_carry_the_band_and_stay_at_home(screen, account, named):
    window = screen()
    window.sign_in(account)
    for path in PATHS[account]:
        page = window.goto(path.format(**named))
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            keep(page, path_name(page))

            assert page.is_visible(".band"), path
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            small = page.eval_on_selector_all(
                "main .button, main select, main input:not([type=hidden]):not([type=checkbox])",
                """all => all.filter(one => one.offsetParent !== null)
                    .map(one => [one.id || one.innerText, one.getBoundingClientRect().height])""",
            )
            assert [one for one in small if one[1] < LEAST_TARGET_PX] == [], path
            size_px = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
            assert size_px >= 16
    assert len(window.hosts) == 1
    assert window.complaints == []


@pytest.mark.parametrize(("size", "most_px"), [(DESK, 720), (PHONE, 440)], ids=["desk", "phone"])
def test_the_menu_is_in_sight_and_opens_by_keyboard_without_scripts(
    screen, chromium, size, most_px
):
    window = screen(size)
    context = chromium.new_context(viewport=size, java_script_enabled=False)
    window.page = context.new_page()
    page = window.sign_in("zhao")
    box = page.locator("nav.side").locator("summary, a").last.bounding_box() or {}
    closed = page.locator("nav.side details:not([open])").count()
    keep(page, "menu" if size == DESK else "menu-plain", whole=False)

    page.focus("summary >> text=机器与人员")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    arrive(page, "**/machines")

    links = page.eval_on_selector_all("nav.side a", "all => all.map(one => one.pathname)")
    bottom = page.evaluate("""() => Math.max(...[...document.querySelectorAll(
        "nav.side summary, nav.side a")].filter(one => one.checkVisibility())
        .map(one => one.getBoundingClientRect().bottom))""")
    keep(page, "menu-open", whole=False)
    assert page.inner_text("nav.side details[open] a[aria-current]") == "印章机"
    assert closed == 3 and box["y"] < most_px
    assert len(links) == len(set(links)) == 20
    assert bottom <= (size["height"] if size == DESK else 420)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    context.close()


def test_on_a_phone_one_group_of_the_menu_is_open_beside_todays_work(screen):
    page = screen(PHONE).sign_in("zhao")
    opened = "all => all.map(one => one.innerText)"
    at_home = page.eval_on_selector_all("nav.side details[open] > summary", opened)
    keep(page, "menu", whole=False)
    page.click("summary >> text=印章与许可")
    page.click("summary >> text=机器与人员")
    expect(page.locator("nav.side details[open]")).to_have_count(2)
    after = page.eval_on_selector_all("nav.side details[open] > summary", opened)

    assert len(at_home) == 1
    assert after[1:] == ["机器与人员"]


def test_an_alert_names_the_village_of_its_machine(screen, named):
    window = screen()
    window.sign_in("zhao")
    page = window.goto(f"/alerts/{named['alert']}")

    machine = page.locator("dl.facts dd").first
    assert machine.inner_text().split() in (["清溪村", "m-1"], ["石桥村", "m-2"])
    assert machine.locator("a").get_attribute("href") in ("/machines/m-1", "/machines/m-2")


def test_pages_work_without_scripts(screen, chromium, busy):
    window = screen()
    context = chromium.new_context(viewport=DESK, java_script_enabled=False)
    window.page = context.new_page()
    page = window.sign_in("wang")
    page.click("text=去审批")
    page.click("text=务工介绍信")
    page.click("#decision >> text=批准")
    page.click("text=确认批准")

    page.wait_for_selector(".note.good")
    context.close()
    with busy.app.reader() as reader:
        assert reader.requests("permitted")[0].matter == "T-02"
