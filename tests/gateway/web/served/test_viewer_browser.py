"""One use in the photo viewer, and an alert's answer: in a real browser and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct

from gateway.web.texts import ZH
from tests import pictures
from tests.gateway.web.conftest import World
from tests.gateway.web.served import scene
from tests.gateway.web.served.policies import DESK, PHONE, Window
from tests.gateway.web.served.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Town(Struct, frozen=True):
    """A served township; what was seen of `use` is known, `alert` is about the use `other`."""

    world: Any
    url: str
    use: str
    other: str
    alert: str


@pytest.fixture(scope="module")
def town(tmp_path_factory: Any, password_hash: str) -> Iterator[Town]:
    world = World(tmp_path_factory.mktemp("viewer"), password_hash)
    photos = scene.photographed()
    machine = world.machines["m-1"]
    permit = world.approved(machine, world.photo(photos.before), applicant="陈玉兰")
    uses = [
        machine.use(name, world.photo(photos.before), world.photo(photos.after), of=1)
        for name in (permit, "p-unknown")
    ]
    world.until(lambda reader: reader.entry(uses[1]) and not reader.pending_photos())
    scene.keep(world, scene.sight(world, photos, uses[0]))
    raised = world.until(lambda reader: reader.alerts_about(uses).get(uses[1]))
    alert = next(one.alert for one in raised if one.code == "no-permit")
    with served(world) as url:
        yield Town(world=world, url=url, use=uses[0], other=uses[1], alert=alert)
    world.close()


@pytest.fixture
def window(town: Town, chromium: Any) -> Iterator[Any]:
    """Open windows on the township: `window("zhao")`, `window("zhao", PHONE)`."""
    made: list[Window] = []

    def open_window(account: str, size: dict[str, int] = DESK) -> Window:
        made.append(Window(chromium, town.url, account, size))
        return made[-1]

    yield open_window
    for one in made:
        one.context.close()


def keep(page: Any, name: str, part: str = "h1") -> None:
    """Keep the picture of the screen from `part` on."""
    page.evaluate("(part) => document.querySelector(part).scrollIntoView()", part)
    pictures.keep(page, name, whole=False)


@pytest.fixture
def read(town: Town, browse: Any) -> Any:
    """Return the page of the use as an account gets it, without scripts."""

    def page(account: str) -> str:
        console = browse(town.url)
        assert console.sign_in(account).status_code == 303
        return str(console.get(f"/log/{town.use}").text)

    return page


# Where the line between the photos stands: as a share of the stage, and of the photo before.
LINE = """() => { const stage = document.querySelector('[data-stage]').getBoundingClientRect();
  const line = document.querySelector('[data-divider]').getBoundingClientRect();
  const clip = document.querySelector('[data-clip=before]');
  return [(line.left + line.width / 2 - stage.left) / stage.width,
    clip.getAttribute('width') / document.querySelector('[data-viewer]').dataset.width]; }"""
# How far the new seal's drawn box is from where the photo shows it, in pixels of the screen.
OFF = """() => { const one = document.querySelector('[data-seal="1"] polygon');
  const drawn = one.getBoundingClientRect();
  const xs = [...one.points].map((p) => p.x), photo = document.querySelector('[data-sheet] img');
  const edge = photo.getBoundingClientRect();
  const scale = edge.width / document.querySelector('[data-viewer]').dataset.width;
  return [Math.abs(drawn.left - (edge.left + Math.min(...xs) * scale)), drawn.width]; }"""


def test_photos_are_compared_by_keyboard_with_boxes_zoom_and_new_red(
    town: Town, window: Any
) -> None:
    zhao = window("zhao")
    page = zhao.goto(f"/log/{town.use}")
    page.wait_for_selector("[data-viewer][data-ready]")
    page.focus("[data-slide]")
    page.keyboard.press("End")
    all_before = page.evaluate(LINE)[1]
    page.keyboard.press("Home")
    all_after = page.evaluate(LINE)[1]
    off, width = page.evaluate(OFF)
    label = page.text_content('[data-seal="1"] text')
    page.evaluate("document.querySelector('[data-slide]').value = 20")
    page.keyboard.press("ArrowRight")
    keep(page, "viewer")
    page.keyboard.press("Home")
    page.click('[data-seal-row="1"] button')
    near = float(page.get_attribute("[data-viewer]", "data-scale"))
    off_near, width_near = page.evaluate(OFF)
    with page.expect_response("**/new-red") as overlay:
        page.check("[data-switch=red]")
    page.uncheck("[data-switch=seals]")
    hidden = not page.is_visible('[data-seal="1"]')
    keep(page, "viewer-close")
    keep(page, "viewer-fields", "[data-bar]")
    page.focus("[data-stage]")
    page.keyboard.press("0")
    far = float(page.get_attribute("[data-viewer]", "data-scale"))

    told = page.inner_text("#viewer")
    assert (all_before, all_after) == (1, 0)
    assert label.startswith("1 ✓ 清溪村村民委员会公章 · 完整")
    assert off < 2 and off_near < 2 and width_near > 2 * width
    assert near >= 1 > far and hidden
    assert overlay.value.status == 200
    assert overlay.value.headers["cache-control"] == "no-store"
    for words in ("陈玉兰", "1290.00", "✗ 不符", "此处读到的是别的内容", "没有读到", "86 %"):
        assert words in told
    assert zhao.complaints == []
    zhao.goto(f"/log/{town.other}").wait_for_selector("[data-viewer][data-ready]")
    phone = window("zhao", PHONE)
    page = phone.goto(f"/log/{town.use}")
    page.wait_for_selector("[data-viewer][data-ready]")
    keep(page, "viewer", "#viewer")
    keep(page, "viewer-fields", "#fields")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.complaints == []


def test_auditor_answers_by_one_tap_and_everybody_sees_the_rules_precision(
    town: Town, window: Any
) -> None:
    zhao = window("zhao")
    page = zhao.goto(f"/alerts/{town.alert}")
    page.click("#answer button >> text=误报")
    page.wait_for_selector("text=判定已签名入账")
    page.fill("#words", "查过原件，确无许可")
    page.click("#answer button >> text=属实")
    page.wait_for_selector("#answer li:nth-child(2)")
    answers = page.inner_text("#answer ol")
    keep(page, "alert-answer")

    keep(zhao.goto("/alerts?show=all"), "alerts-all")
    keep(zhao.goto("/precision"), "precision-answered")
    keeper = window("qian", PHONE)
    page = keeper.goto("/precision")
    row = page.inner_text("[data-rule=no-permit]").split()
    keep(page, "precision-answered")

    assert answers.index("误报") < answers.index("属实")
    assert answers.count("赵监督") == 2 and "查过原件" in answers
    assert "100" in " ".join(row) and "判定太少，仅供参考" in " ".join(row)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert zhao.complaints == keeper.complaints == []


def test_without_scripts_there_are_two_plain_photos_and_the_tables(read: Any) -> None:
    page = read("zhao")

    assert page.count("<img src=") == 2
    assert page.index("data-plain") < page.index("<img src=")
    assert "1290.00" in page and ZH["sight-why.other"] in page


def test_values_are_for_those_alone_who_may_see_them(read: Any) -> None:
    page = read("sun")

    assert "1290.00" not in page and "陈玉兰" not in page
    assert ZH["viewer.field.mismatch"] in page and 'data-seal="1"' in page


def test_answers_and_figures_are_in_the_api_too(town: Town, browse: Any) -> None:
    auditor, clerk, director = browse(town.url), browse(town.url), browse(town.url)
    for console, account in ((auditor, "zhao"), (clerk, "li"), (director, "zhou")):
        assert console.sign_in(account).status_code == 303
    address, told = f"/api/v1/alerts/{town.alert}", {"answer": "right", "text": "经接口"}

    def post(console: Any, body: dict[str, str]) -> Any:
        token = {"x-csrf-token": console.csrf()}
        return console.client.post(f"{address}/answer", json=body, headers=token)

    done, again = post(auditor, told), post(auditor, told)
    odd, forbidden = post(auditor, {"answer": "perhaps"}), post(clerk, told)
    alert = auditor.get(address).json()
    figures = clerk.get("/api/v1/precision?span=year").json()

    assert (done.status_code, again.status_code) == (200, 409)
    assert (odd.status_code, forbidden.status_code) == (422, 403)
    newest = alert["answers"][-1]
    assert (newest["answer"], newest["by"], newest["text"]) == ("right", "zhao", "经接口")
    assert newest["index"] == done.json()["index"]
    told_there = director.get(f"/api/v1/entries/{alert['entry']}").json()["alerts"]
    assert [one["answers"] for one in told_there] == [[]], (
        "words of auditors are for who reads them"
    )
    (rule,) = [one for one in figures["rules"] if one["rule"] == "no-permit"]
    assert (rule["answered"], rule["right"], rule["few"]) == (1, 1, True)
    assert rule["precision"] == {"share_permille": 1000, "low_permille": 207, "high_permille": 1000}
