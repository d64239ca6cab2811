"""Several seals in one machine: one line, one tray, one lock open at a time; with real drivers."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from playwright.sync_api import Browser, Page, expect

from hardware.controller.line import Lines
from hardware.errors import DriverError
from hardware.interfaces import Controller
from hardware.loader import load_controller
from sim.cast import PRESS_S
from sim.client import MachineClient
from sim.errors import FaultError
from sim.faults import Scope
from sim.machine import SimMachine
from sim.township import Township
from sim.township_plan import Plan, PlannedSeal, Village, make_plan
from sim.waiting import until
from tests.arriving import arrive, see_photo

pytestmark = pytest.mark.slow

PATIENCE_MS = 40_000
JOB = bytes(range(16))


def drivers(machine: SimMachine, profile: str) -> Iterator[Controller]:
    """Connect to every controller of a machine over its one line."""
    lines = Lines()
    for unit in range(1, machine.options.seals + 1):
        options: dict[str, Any] = {"port": machine.addresses["serial"], "unit": unit}
        if profile == "B":
            options["machine_key"] = machine.addresses["machine_key"]
        yield load_controller("mcu" if profile == "B" else "relay", options, lines)


@pytest.fixture(params=["A", "B"])
def bench(
    request: pytest.FixtureRequest, build_machine: Callable[..., SimMachine]
) -> Iterator[tuple[SimMachine, list[Controller]]]:
    """A machine with three seals and its started controllers."""
    machine = build_machine(profile=request.param, seals=3)
    found = list(drivers(machine, request.param))
    for one in found:
        one.start()
    yield machine, found
    for one in found:
        one.stop()


def stamped(machine: SimMachine, controller: Controller, seal: int) -> int:
    """Free the lever, press it while the controller is read, and return the presses seen."""
    controller.grant(JOB, 5.0)
    hand = threading.Thread(
        target=lambda: until("the lever", lambda: machine.press_lever(seal).down, PRESS_S)
    )
    hand.start()
    while hand.is_alive():
        controller.read()
    report = controller.read()
    controller.lock()
    return report.presses


def test_grant_frees_one_lever_and_the_others_stay_locked(
    bench: tuple[SimMachine, list[Controller]],
) -> None:
    machine, (first, second, third) = bench

    second.grant(JOB, 5.0)
    others = [machine.press_lever(number).down for number in (1, 3)]
    second.lock()

    assert others == [False, False]
    assert stamped(machine, second, 2) == 1
    assert (first.read().presses, third.read().presses) == (0, 0)


def test_mark_of_any_seal_is_on_the_one_sheet(
    bench: tuple[SimMachine, list[Controller]],
) -> None:
    machine, controllers = bench
    for number in (3, 1):
        stamped(machine, controllers[number - 1], number)

    assert len(machine.state()["paper"]["impressions"]) == 2
    assert [one["presses"] for one in machine.state()["seals"]] == [1, 0, 1]


def test_controller_that_closes_the_line_does_not_silence_the_others(
    bench: tuple[SimMachine, list[Controller]],
) -> None:
    _, (first, second, _) = bench

    first.stop()

    assert second.read().inputs.bolt_out


def test_power_cut_locks_every_seal(bench: tuple[SimMachine, list[Controller]]) -> None:
    machine, (_, second, _) = bench
    second.grant(JOB, 5.0)

    machine.set_fault("power_cut", count=None, seconds=2.0, scope=Scope.ANY)

    until("every bolt", lambda: all(one["bolt_out"] for one in machine.state()["seals"]), PRESS_S)


def test_one_port_has_one_speed(build_machine: Callable[..., SimMachine]) -> None:
    port = build_machine().addresses["serial"]
    lines = Lines()
    line = lines.of(port, 9600, 0.25)

    with pytest.raises(DriverError, match="one baud"):
        lines.of(port, 19200, 0.25)

    assert lines.of(port, 9600, 0.25) is line
    line.close()


def test_lever_that_is_not_there_cannot_be_pressed(
    build_machine: Callable[..., SimMachine],
) -> None:
    with pytest.raises(FaultError, match="a seal of"):
        build_machine(seals=2).press_lever(3)


@pytest.mark.browser
def test_item_leads_to_its_seal_and_only_that_one_stamps(chromium: Browser, tmp_path: Path) -> None:
    plan = _one_village_with_three_seals(tmp_path / "town")
    (village,) = plan.villages
    town = Township(plan, lambda _step: None)
    try:
        town.start()
        machine = town.machine(village)
        kiosk = _signed_in(chromium, village, machine)
        _apply(kiosk, "cmhjqy", "村民户籍迁移")
        expect(kiosk.get_by_role("heading", name="用哪枚章")).to_be_visible()
        expect(kiosk.get_by_role("button", name="经济合作社")).to_have_count(0)
        kiosk.screenshot(path=tmp_path / "which-seal.png")
        kiosk.get_by_role("button", name="党支部").click()
        _rest_of_the_questions(kiosk)
        expect(kiosk.get_by_text("党支部")).to_be_visible()
        kiosk.click("#submit")
        expect(kiosk.locator(".verdict-banner")).to_contain_text("等审批")
        _approve(chromium, plan)
        expect(kiosk.locator(".verdict-banner")).to_contain_text("已批准", timeout=PATIENCE_MS)
        kiosk.click("#stamp")  # the sheet still lies there: it starts at once
        expect(kiosk.locator("[data-step='press'] .timebar")).to_be_visible(timeout=PATIENCE_MS)
        assert not machine.press_lever(1)["down"] and not machine.press_lever(3)["down"]
        until("the branch's lever", lambda: machine.press_lever(2)["down"], PRESS_S)
        expect(kiosk.locator("[data-step='done']")).to_contain_text("用时", timeout=PATIENCE_MS)
        assert [one["presses"] for one in machine.state()["seals"]] == [0, 1, 0]

        _apply(kiosk, "cmjfsq", "村民建房申请")
        expect(kiosk.get_by_role("heading", name=re.compile("给谁办"))).to_be_visible()
    finally:
        for context in chromium.contexts:
            context.close()
        town.stop()


def _one_village_with_three_seals(folder: Path) -> Plan:
    plan = make_plan(folder, 2, friendly=False)
    folder.mkdir()
    seals = (
        PlannedSeal(id="committee", name="村民委员会", matters=("村民户籍迁移", "村民建房申请")),
        PlannedSeal(id="branch", name="党支部", matters=("村民户籍迁移",)),
        PlannedSeal(id="cooperative", name="经济合作社", matters=("不在清单的事",)),
    )
    village = structs.replace(plan.villages[1], seals=seals)
    people = tuple(one for one in plan.people if one.village in ("", village.code))
    return structs.replace(plan, villages=(village,), people=people)


def _signed_in(chromium: Browser, village: Village, machine: MachineClient) -> Page:
    """Return the kiosk's screen with its clerk at home on it."""
    kiosk = chromium.new_page(
        base_url=village.kiosk, viewport={"width": 1024, "height": 600}, locale="zh-CN"
    )
    kiosk.set_default_timeout(PATIENCE_MS)
    kiosk.goto("/")
    machine.lay_card(village.card)
    arrive(kiosk, "**/pin")
    for digit in village.pin:
        kiosk.click(f".keypad [data-key='{digit}']")
    kiosk.click("#next")
    arrive(kiosk, "**/home")
    return kiosk


def _apply(page: Page, initials: str, matter: str) -> None:
    if page.url.endswith("/stamp"):
        page.click("#finish")
    page.goto("/home")
    page.click("#apply")
    for letter in initials:
        page.click(f"[data-letter='{letter}']")
    page.click(f".matter:has-text('{matter}')")


def _rest_of_the_questions(page: Page) -> None:
    arrive(page, "**/applicant")
    for letter in "zhang":
        page.click(f"[data-letter='{letter}']")
    page.click("[data-choice='张']")
    page.click("#next")
    page.click(".purposes button >> nth=0")
    arrive(page, "**/pages")
    page.click("#take")
    expect(page.locator(".taken .last")).to_be_visible(timeout=PATIENCE_MS)
    page.click("#next")


def _approve(chromium: Browser, plan: Plan) -> None:
    page = chromium.new_page(
        base_url=plan.console, viewport={"width": 1366, "height": 768}, locale="zh-CN"
    )
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    person = plan.person("approver")
    page.fill("#account", person.account)
    page.fill("#password", person.password)
    page.click("button.main")
    page.wait_for_selector("nav")
    until("the request", lambda: _found(page, "村民户籍迁移"), 40)
    page.click("text=村民户籍迁移")
    until("the page's photo", lambda: _photographed(page), 40)
    expect(page.get_by_text("村党支部印章").first).to_be_visible()
    see_photo(page, "figure.page img")
    page.click("#decision >> text=批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=许可已发往印章机")


def _photographed(page: Page) -> bool:
    """Tell whether the photo has come after its request; the page is asked for anew."""
    page.reload()
    return page.locator("figure.page img").count() > 0


def _found(page: Page, text: str) -> bool:
    page.goto("/approvals")
    return page.get_by_text(text).count() > 0
