"""A contract of three pages: stamps, one over the seam, and what makes up for a faint one.

All by finger, on the real agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Page, expect

from device.kiosk.app import create_app
from device.kiosk.port import Person
from device.kiosk.server import Kiosk
from ledger.matters import Matter, Verdict
from ledger.messages import VillageList
from ledger.records import SEAM
from ledger.topics import Leaf
from tests.arriving import arrive
from tests.device.model_gateway import GATEWAY, VILLAGE
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = (Path(__file__).parent.parent / "kiosk/browser/rules.js").read_text(encoding="utf-8")
CARD, PIN = "0011223344", "246810"
PAGES = ("page", "other", "third")
CONTRACT = Matter(
    code="ZC-07", name="对外签订合同", verdict=Verdict.ALLOWED, layer="township", place="清溪镇"
)


@pytest.fixture
def page(rig: Any, chromium: Any) -> Iterator[Page]:
    """The kiosk of a rig, whose village may stamp contracts."""
    village = VillageList(
        gateway=GATEWAY, village=VILLAGE, version=2, at_ms=2, window="", window_phone="",
        matters=(CONTRACT,),
    )  # fmt: skip
    rig.gateway._send(Leaf.LIST, (), village)
    rig.until(lambda view: view.list_version == 2)
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    clerk = Person(account="c-1", name="王秀英", card=CARD, pin_hash=cheap.hash(PIN))
    kiosk = Kiosk(create_app(rig.agent, lambda: (clerk,)))
    kiosk.start()
    opened = chromium.new_page(
        base_url=kiosk.url, viewport={"width": 1024, "height": 600}, locale="zh-CN"
    )
    yield opened
    opened.close()
    kiosk.stop()


def measured(page: Page, name: str) -> list[Any]:
    """Return what breaks a rule; and keep the picture."""
    page.wait_for_load_state()
    keep(page, name)
    return [(name, *one) for one in page.evaluate(RULES)]


def sign_in(page: Page, rig: Any) -> None:
    """Lay the card and type the PIN."""
    page.goto("/")
    rig.agent._parts.cards._cards.append((1, CARD))
    arrive(page, "**/pin")
    for digit in PIN:
        page.click(f".keypad [data-key='{digit}']")
    page.click("#next")
    arrive(page, "**/home")


def photograph(page: Page, rig: Any) -> None:
    """Take the three pages of the contract."""
    for number, scene in enumerate(PAGES, start=1):
        rig.camera.lay(scene)
        page.click("#take")
        expect(page.locator(".taken")).to_contain_text(f"已拍 {number} 页")


def apply(page: Page, rig: Any) -> list[Any]:
    """Ask for two copies and one seam stamp on three pages; returns what breaks a rule."""
    page.click("#apply")
    page.click(".matter:has-text('对外签订合同')")
    arrive(page, "**/applicant")
    token = page.get_attribute("body", "data-token")
    answers = {
        "applicant": "张桂芳", "purpose": "村里存档", "payee": "", "amount": "", "copies": "2",
    }  # fmt: skip
    for question, answer in answers.items():
        page.request.post(f"/apply/{question}", form={"token": str(token), "answer": answer})
    page.goto("/apply/pages")
    photograph(page, rig)
    page.click("#next")
    arrive(page, "**/seams")
    page.click("[data-step='1']")
    bad = measured(page, "kiosk-seam-asked")
    page.click("#next")
    expect(page.locator(".summary")).to_contain_text("骑缝章")
    bad += measured(page, "kiosk-seam-summary")
    page.click("#submit")
    expect(page.locator(".lead")).to_contain_text("2 份，骑缝章 1 个")
    return bad


def stamp(page: Page, rig: Any, lying: str, scene: str, resting: str) -> None:
    """Lay something, tap, press, and wait for the step at which the screen rests again."""
    rig.camera.lay(lying)
    rig.press(scene)
    page.click("#start")
    page.wait_for_selector(f"#stage[data-step='{resting}']")


def show_pages(page: Page, rig: Any) -> None:
    """Show every page of the pile and wait for the fan."""
    for number, scene in enumerate(PAGES):
        expect(page.locator("#page")).to_have_text(f"已看 {number} / 3 页")
        rig.camera.lay(scene)
        page.click("#start")
    page.wait_for_selector("#stage[data-step='fan']")


def approve(rig: Any, impressions: int) -> None:
    """Have the request that waits approved with one seam stamp among its impressions."""
    view = rig.until(lambda view: view.undelivered == 0)
    [request] = [one for one in view.requests if one.state == "waiting"]
    rig.gateway.permit(request.request, impressions, seams=1, matter="ZC-07", list_version=2)
    rig.until(lambda view: any(one.state == "approved" for one in view.requests))


def test_a_faint_seam_stamp_is_made_up_for_by_one_that_names_it(rig: Any, page: Page) -> None:
    sign_in(page, rig)
    bad = apply(page, rig)
    approve(rig, 3)
    page.click("#stamp")
    page.wait_for_selector("#seam")
    stamp(page, rig, "page", "stamped", "next")
    stamp(page, rig, "page", "stamped", "show")
    show_pages(page, rig)
    stamp(page, rig, "fan", "faint-seam", "done")
    bad += measured(page, "kiosk-seam-faint")
    told = page.inner_text("#noticed")
    rig.until(lambda view: view.undelivered == 0)
    first = next(one.request for one in rig.until(lambda _: True).requests if one.faint_seam)
    page.click("#finish")
    arrive(page, "**/home")
    page.click(f"[href='/request/{first}']")
    page.wait_for_selector("#makeup")
    bad += measured(page, "kiosk-request-faint-seam")
    page.click("#makeup")
    arrive(page, "**/pages")
    photograph(page, rig)
    page.click("#next")
    note = page.inner_text("#makes-up")
    bad += measured(page, "kiosk-seam-makeup-confirm")
    page.click("#submit")
    approve(rig, 1)
    page.click("#stamp")
    show_pages(page, rig)
    stamp(page, rig, "fan", "seam", "done")
    bad += measured(page, "kiosk-seam-makeup-done")

    assert bad == []
    assert "补盖" in told and "补盖" in note
    asked, uses = rig.entries("request"), rig.entries("use")
    assert [(one.copies, one.seams) for one in asked] == [(3, 1), (1, 1)]
    assert ["impression-faint" in one.findings for one in uses] == [False, False, True, False]
    assert [SEAM in one.flags for one in uses] == [False, False, True, True]
    made = [one.sha256 for one in rig.gateway.entries if one.body.kind == "use"]
    assert asked[1].makes_up == made[2]


def test_a_contract_gets_two_stamps_and_its_seam_by_finger(rig: Any, page: Page) -> None:
    sign_in(page, rig)
    bad = apply(page, rig)
    [request] = rig.until(lambda view: view.requests and view.undelivered == 0).requests
    rig.gateway.permit(request.request, 3, seams=1, matter="ZC-07", list_version=2)
    rig.until(lambda view: view.requests[0].state == "approved")
    page.click("#stamp")
    page.wait_for_selector("#seam")
    rig.camera.lay("page")
    bad += measured(page, "kiosk-seam-choice")
    stamp(page, rig, "page", "stamped", "next")
    stamp(page, rig, "page", "stamped", "show")
    for number, scene in enumerate(PAGES):
        expect(page.locator("#page")).to_have_text(f"已看 {number} / 3 页")
        rig.camera.lay(scene)
        bad += measured(page, "kiosk-seam-show") if number == 1 else []
        page.click("#start")
    page.wait_for_selector("#stage[data-step='fan']")
    rig.camera.lay("fan")
    bad += measured(page, "kiosk-seam-fan")
    stamp(page, rig, "fan", "seam", "done")
    bad += measured(page, "kiosk-seam-done")
    told = page.inner_text("#stage")

    assert bad == []
    assert "3 个章都盖完" in told and page.locator("#noticed").count() == 0
    [asked] = rig.entries("request")
    assert (asked.copies, asked.seams, asked.pages_count) == (3, 1, 3)
    assert [SEAM in one.flags for one in rig.entries("use")] == [False, False, True]
