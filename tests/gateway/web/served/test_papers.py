"""Papers: what the console prints for villagers, at its true size and with a code that is read."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec import structs

from gateway.web import paper
from ledger import locator
from tests.arriving import arrive
from tests.codes import read_code
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

URL = "https://seal.shifan.example/log"
A4_MM, LABEL_MM = (210, 297), (50, 30)
MM_PER_POINT = 25.4 / 72


@pytest.fixture
def use(busy: Any) -> Any:
    """The first use in the log of a township that has a public address."""
    busy.app.config = structs.replace(
        busy.app.config, log=structs.replace(busy.app.config.log, url=URL)
    )
    with busy.app.reader() as reader:
        return [entry for entry in reader.entries() if entry.kind == "use"][-1]


@pytest.fixture
def window(serve: Any, busy: Any, use: Any, chromium: Any) -> Any:
    """A signed-in auditor's window, sharp enough to read codes from."""
    context = chromium.new_context(
        viewport={"width": 1366, "height": 1200}, locale="zh-CN", device_scale_factor=3
    )
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    url = serve(busy)
    page.goto(f"{url}/sign-in")
    page.fill("#account", "zhao")
    page.fill("#password", "correct horse 42")
    page.click("button.main")
    arrive(page, f"{url}/")
    page.goto(f"{url}/log/{use.index}")
    yield page
    context.close()


@pytest.fixture
def website(busy: Any) -> Iterator[str]:
    """The public folder of the township as a static web server shows it."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(busy.config.log.public))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, name="static")
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(window: Any, selector: str) -> Any:
    """Click what opens a paper in a new window, and return that window."""
    with window.context.expect_page() as found:
        window.click(selector)
    found.value.wait_for_load_state()
    return found.value


def sheets(page: Any) -> list[tuple[int, int]]:
    """Return the width and height of each printed page, in mm."""
    boxes = page.pdf(prefer_css_page_size=True).split(b"/MediaBox")[1:]
    sides = [box.split(b"]")[0].strip(b" [").split() for box in boxes]
    return [
        (round(float(one[2]) * MM_PER_POINT), round(float(one[3]) * MM_PER_POINT)) for one in sides
    ]


def spills(page: Any) -> list[str]:
    """Return the elements that stick out of the paper."""
    return list(
        page.evaluate(
            """() => {
                const paper = document.querySelector('article').getBoundingClientRect();
                return [...document.querySelectorAll('article *')].filter((one) => {
                    const box = one.getBoundingClientRect();
                    return box.right > paper.right + 1 || box.bottom > paper.bottom + 1
                        || box.left < paper.left - 1 || box.top < paper.top - 1;
                }).map((one) => one.outerHTML.slice(0, 80));
            }"""
        )
    )


def expected(busy: Any, use: Any) -> locator.Locator:
    with busy.app.reader() as reader:
        values = paper.of_entry(reader, busy.app.config, busy.app.keyring, use, 0)
    return locator.parse(values["locator"])


@pytest.mark.parametrize(("form", "size"), [("sheet", A4_MM), ("label", LABEL_MM)])
def test_paper_of_an_entry_is_one_page_whose_code_leads_to_the_entry(
    window: Any, busy: Any, use: Any, form: str, size: tuple[int, int]
) -> None:
    page = opened(window, f"a[href$='/paper/{form}']")

    place = expected(busy, use)
    assert read_code(page) == f"{URL}/verify.html#{place}"
    assert place.index == use.index
    assert sheets(page) == [size]
    assert spills(page) == []
    assert "第 1 次，共 2 次" in page.inner_text("article")
    assert window.complaints == []


def test_what_is_scanned_from_paper_opens_the_page_that_says_it_holds(
    window: Any, busy: Any, use: Any, website: str
) -> None:
    log = structs.replace(busy.app.config.log, url=website)
    busy.app.config = structs.replace(busy.app.config, log=log)
    busy.until(lambda reader: _published(busy, use.index))
    address = read_code(opened(window, "a[href$='/paper/label']"))

    window.goto(address)

    window.wait_for_selector("#verdict.good")
    assert "村民委员会公章" in window.inner_text("#facts")
    assert window.complaints == []


def _published(busy: Any, index: int) -> bool:
    """Say whether the public files hold an entry yet."""
    found = list(busy.config.log.public.glob("*/checkpoint"))
    return bool(found) and int(found[0].read_text(encoding="utf-8").split("\n")[1]) > index


def test_sheet_names_the_item_the_village_and_both_codes(window: Any, busy: Any, use: Any) -> None:
    text = opened(window, "a[href$='/paper/sheet']").inner_text("article")

    place = expected(busy, use)
    for part in ("清溪村", "居住情况说明", "村民委员会公章", "模拟机", str(place), URL):
        assert part in text
    assert locator.grouped(place.key_code) in text
    assert locator.grouped(place.entry_code) in text
    assert "张三" not in text


def test_door_sheet_shows_address_and_code_on_one_page(window: Any, busy: Any, use: Any) -> None:
    window.goto(f"{window.url.rsplit('/log', 1)[0]}/machines/m-1")
    page = opened(window, "a[href$='/door']")
    keep(page, "paper-door")

    code = expected(busy, use).key_code
    assert read_code(page) == f"{URL}/verify.html#{code}"
    assert locator.grouped(code) in page.inner_text("article")
    assert "清溪村" in page.inner_text("article")
    assert sheets(page) == [A4_MM]
    assert spills(page) == []


@pytest.mark.parametrize("form", ["sheet", "label"])
def test_a_phone_shows_the_whole_paper(window: Any, chromium: Any, use: Any, form: str) -> None:
    phone = chromium.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, locale="zh-CN",
        storage_state=window.context.storage_state(),
    )  # fmt: skip
    page = phone.new_page()

    page.goto(f"{window.url.rsplit('/log', 1)[0]}/log/{use.index}/paper/{form}")

    keep(page, f"paper-{form}")
    wide = page.evaluate("document.querySelector('article').getBoundingClientRect().right")
    assert wide <= page.evaluate("window.visualViewport.width")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    phone.close()


def test_without_an_address_the_paper_says_where_the_folder_is(
    window: Any, busy: Any, use: Any
) -> None:
    busy.app.config = structs.replace(
        busy.app.config, log=structs.replace(busy.app.config.log, url=None)
    )

    page = opened(window, "a[href$='/paper/sheet']")

    assert read_code(page) == str(expected(busy, use))
    assert "示范镇便民服务中心（0571-00000000）" in page.inner_text("article")
    assert "verify.html" in page.inner_text("article")
    assert spills(page) == []
    label = opened(window, "a[href$='/paper/label']")
    assert "村委会查验" in label.inner_text("article")
    assert spills(label) == []


def test_who_may_not_read_the_log_gets_no_paper(site: Any, busy: Any, use: Any) -> None:
    assert site("li").get(f"/log/{use.index}/paper/sheet").status_code == 403
    assert site("li").get("/villages/330182107201/door").status_code == 403
    assert site("zhao").get("/villages/330182107999/door").status_code == 404
    assert site("zhao").get("/log/999999/paper/label").status_code == 404
