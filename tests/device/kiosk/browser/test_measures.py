"""The rules of text, targets, lines and contrast on the pages beside the plain stamp, enlarged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from playwright.sync_api import Page

from device.kiosk import port_custody as keeping
from device.kiosk.port import EmergencyView, JobView, StandingView
from tests.arriving import arrive
from tests.device.kiosk.conftest import person
from tests.device.kiosk.seals import seal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Rules = Callable[[Page, str], list[Any]]
FAR_MS = 2**50
LI, CHEN = "5566778899", "1231231234"
LOOKS = [("zh", 1), ("en", 3)]
OPENINGS = [("service", "zh", 3), ("return", "en", 3), ("handover", "zh", 2)]  # test_keeping: rest
SEAL = seal(orders=())
LARGEST = [("zh", 3), ("en", 3)]  # the usual size in Chinese: tests/device/loop
SEAM = {"seams": 1, "seam": True}
SEAM_STEPS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("choice", 3, {"step": "lay", "seams": 1}),
    ("next", 2, {"step": "next", "seams": 1}),
    ("show", 1, {"step": "show", "n": 2, "shown": 12, **SEAM}),
    ("show-again", 1, {"step": "show", "n": 2, "shown": 12, "reason": "page-shown", **SEAM}),
    ("fan", 1, {"step": "fan", "n": 3, "shown": 25, **SEAM}),
    ("press", 1, {"step": "press", "n": 3, "window_s": 60.0, **SEAM}),
    ("stopped", 1, {"step": "stopped", "n": 3, "reason": "page-other", **SEAM}),
    ("done", 0, {"step": "done", "n": 3, "noticed": "impression-seam"}),
)
ANSWERS = {"holder": "张桂芳", "place": "县公证处", "days": "3", "counted": "1", "check": "sound"}


class Walk:
    """A clerk before the screen in a language and a size of text; goes by forms, not by taps."""

    def __init__(self, page: Page, rules: Rules) -> None:
        self.page, self._rules = page, rules
        self.bad: list[Any] = []

    def post(self, path: str, **form: Any) -> None:
        """Send a form of this session and stay on the page."""
        token = self.page.get_attribute("body", "data-token")
        self.page.request.post(path, form={"token": token, **form})

    def measure(self, path: str = "", name: str = "") -> None:
        """Open a page (none: stay on this one) and measure it."""
        if path:
            self.page.goto(path)
        self.bad += self._rules(self.page, name or re.sub(r"\W+", "-", path.strip("/")))


@pytest.fixture
def walk(
    village: Any, open_kiosk: Any, sign_in_at: Any, broken_rules: Rules
) -> Callable[[str, int], Walk]:
    """Signs a clerk in, and shows a language in a size."""

    def act(language: str, text: int) -> Walk:
        village.change(simulated=True)
        page = open_kiosk()
        sign_in_at(page)
        one = Walk(page, broken_rules)
        one.post("/setting", language=language, size=str(text))
        return one

    return act


@pytest.mark.parametrize(("purpose", "language", "text"), OPENINGS)
def test_every_page_of_an_opening_breaks_no_rule(
    village: Any,
    walk: Callable[[str, int], Walk],
    purpose: str,
    language: str,
    text: int,
) -> None:
    village.people = (*village.people, person("chen", "陈监督", CHEN))
    order = keeping.OrderView(permit="h-1", purpose=purpose, not_after_ms=FAR_MS, fits=True)
    village.change(custody=(structs.replace(SEAL, orders=(order,)),))
    clerk = walk(language, text)
    clerk.measure("/custody")
    clerk.measure("/custody/lost/committee")
    clerk.post("/custody/begin", permit="h-1")
    clerk.measure("/custody/second")
    take_in(village, clerk, LI)
    clerk.measure("/custody/ready")
    there = purpose in ("return", "handover")
    opened = structs.replace(SEAL, permit="h-1", purpose=purpose, trouble="seal-handled")
    village.change(custody=(structs.replace(opened, shut=False, present=there),))
    clerk.post("/custody/open")
    clerk.measure("/custody/hatch")
    village.change(custody=(structs.replace(opened, present=there),))
    clerk.post("/custody/done")
    seen = []
    while (step := now(clerk)) != "confirm":
        seen.append(step)
        clerk.measure(f"/custody/{step}")
        answer(village, clerk, step, photo=purpose == "return")
    clerk.measure("/custody/confirm")

    assert clerk.bad == []
    assert seen[-1] == ("sample" if there else "counted") and len(seen) == len(set(seen))


def now(clerk: Walk) -> str:
    """Return the step of the opening that comes now."""
    clerk.page.goto("/custody/now")
    return clerk.page.url.rsplit("/", maxsplit=1)[1]


def take_in(village: Any, clerk: Walk, card: str) -> None:
    """Let another person lay a card and type the PIN."""
    village.lay_card(card)
    arrive(clerk.page, "**/custody/pin")
    clerk.measure("/custody/pin")
    clerk.post("/custody/pin", pin="246810")


def answer(village: Any, clerk: Walk, step: str, *, photo: bool) -> None:
    """Answer one question about the opening."""
    match step:
        case "witness":
            take_in(village, clerk, CHEN)
        case "sample":
            clerk.post(f"/custody/{'sample' if photo else 'unsampled'}")
        case "works":
            clerk.post("/custody/works", work="ink")
            clerk.measure("/custody/works")
            clerk.post("/custody/works")
        case _:
            clerk.post(f"/custody/{step}", answer=ANSWERS[step])


@pytest.mark.parametrize(("language", "text"), [*LOOKS, ("zh", 3)])
def test_the_page_of_a_sheet_that_still_lies_there_breaks_no_rule(
    village: Any, walk: Callable[[str, int], Walk], language: str, text: int
) -> None:
    clerk = walk(language, text)
    clerk.post("/apply")
    clerk.post("/apply/matter", matter="CM-05")
    clerk.post("/apply/applicant", answer="张桂芳")
    clerk.post("/apply/purpose", answer="交给镇政府")
    clerk.post("/apply/pages")
    clerk.post("/apply/submit")
    request = village.view().requests[0].request
    village.change_request(
        request, state="approved", left=1, permit="p", not_after_ms=FAR_MS // 2**9
    )

    clerk.measure(f"/request/{request}", "straight")

    assert clerk.page.locator("#lay").is_visible()
    assert clerk.bad == []


@pytest.mark.parametrize(("language", "text"), LOOKS)
def test_the_pages_of_what_is_not_ordinary_break_no_rule(
    village: Any, walk: Callable[[str, int], Walk], language: str, text: int
) -> None:
    terms = EmergencyView(
        terms="e-1", seal="committee", matters=("CM-05",), left=2, impressions=2,
        not_after_ms=FAR_MS,
    )  # fmt: skip
    covers = StandingView(
        permit="s-1", seal="committee", matter="CM-05", name="村民建房申请", left_today=2, left=30,
        not_after_ms=village.view().now_ms + 1, agreed_by=("a-1", "a-2"),
    )  # fmt: skip
    village.change(online=False, emergency=(terms,), standing=(covers,))
    waiting = village.add_request("村民建房申请", code="CM-05", seal="committee")
    faint = village.add_request("村民建房申请", state="done", faint="f" * 64)
    refused = village.add_request("MZF-01", state="refused", reason="forbidden")
    another = village.add_request(
        "村民建房申请", state="approved", left=2, copies=3, permit="p", filed_by="li"
    )
    clerk = walk(language, text)

    for request, name in ((waiting, "waiting"), (faint, "faint"), (refused, "refused")):
        clerk.measure(f"/request/{request}", f"request-{name}")
    clerk.measure(f"/request/{another}", "taking-over")
    clerk.measure(f"/request/{waiting}/withdrawal", "withdraw")
    clerk.page.click("#withdraw")
    arrive(clerk.page, f"**/request/{waiting}")
    clerk.measure(name="request-withdrawn")
    village.change_request(waiting, state="waiting", reason="")
    clerk.measure(f"/request/{refused}/slip", "slip")
    clerk.measure("/offline", "offline-permits")
    clerk.measure("/voice?back=/home", "voice")
    clerk.measure("/no-such-page", "problem")
    clerk.post("/emergency", request=waiting)
    clerk.measure("/emergency", "emergency-reason")
    clerk.post("/emergency/reason", reason="disaster")
    clerk.measure("/emergency?words", "emergency-words")
    clerk.post("/emergency/words", answer="河堤决口")
    clerk.measure("/emergency?code", "emergency-code")

    assert clerk.bad == []


@pytest.mark.parametrize(("language", "text"), LOOKS)
def test_copies_in_a_row_break_no_rule(
    village: Any, walk: Callable[[str, int], Walk], language: str, text: int
) -> None:
    request = village.add_request(
        "上级部门或村外单位及个人的文书、报表、证明材料",
        state="approved", left=12, copies=12, permit="p",
    )  # fmt: skip
    clerk = walk(language, text)
    clerk.post("/stamp/begin", request=request)
    village._job(pages=25)
    clerk.measure("/stamp", "copies-lay")
    clerk.post("/stamp/now")
    village._job(page=18)
    clerk.measure("/stamp?press", "copies-press")
    village.press()
    clerk.measure("/stamp?photo", "copies-photo")
    village.photographed()
    clerk.measure("/stamp?next", "next-copy")
    village._job(step="stopped", reason="sheet-stamped")
    clerk.measure("/stamp?forgotten", "sheet-stamped")
    village._job(step="next")
    clerk.page.goto("/stamp")
    clerk.page.click("#end")
    arrive(clerk.page, "**/home")
    clerk.measure(name="home-stopped")

    assert clerk.bad == []


@pytest.mark.parametrize(("language", "text"), LARGEST)
def test_seam_stamps_break_no_rule_enlarged(
    village: Any, walk: Callable[[str, int], Walk], language: str, text: int
) -> None:
    clerk = walk(language, text)
    clerk.post("/apply")
    clerk.post("/apply/matter", matter="CM-05")
    for question, answer in (("applicant", "张桂芳"), ("purpose", "村里存档"), ("copies", "2")):
        clerk.post(f"/apply/{question}", answer=answer)
    for _ in range(2):
        clerk.post("/apply/pages")
    clerk.measure("/apply/seams", "seam-asked")
    clerk.post("/apply/seams", answer="1")
    clerk.measure("/apply/confirm", "seam-summary")
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, seams=1)
    clerk.measure(f"/request/{request}", "seam-request")
    for name, left, fields in SEAM_STEPS:
        village.change_request(request, left=left)
        since_ms = village.view().now_ms
        named = {"permit": "p", "request": request, "seal": "committee", "since_ms": since_ms}
        village.change(job=JobView(**{"n": 1, "of": 3, "pages": 25, **named, **fields}))
        clerk.measure("/stamp", f"seam-{name}")

    assert clerk.bad == []
