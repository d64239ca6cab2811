"""The technician's panel in a real browser: it follows the plant and its buttons work."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from sim.control import ControlServer
from sim.machine import SimMachine
from tests.pictures import keep

BuildMachine = Callable[..., SimMachine]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def machine(build_machine: BuildMachine) -> SimMachine:
    return build_machine(baud=0)


@pytest.fixture
def page(machine: SimMachine, chromium: Browser) -> Iterator[Page]:
    """The panel, opened; a script error fails the test."""
    server = ControlServer(machine)
    server.start()
    problems: list[str] = []
    opened = chromium.new_page(viewport={"width": 1366, "height": 900})
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(server.url, wait_until="domcontentloaded")
    yield opened
    opened.close()
    server.stop()
    assert problems == []


def test_a_blocked_lever_is_said_in_chinese(page: Page) -> None:
    page.click("#lever")

    page.wait_for_selector("#answer:has-text('锁舌挡住')")
    keep(page, "panel", whole=False)


def test_a_fault_is_clicked_on_and_off(page: Page, machine: SimMachine) -> None:
    button = page.locator("[data-fault=tamper_cut]")
    button.click()
    page.wait_for_selector("[data-fault=tamper_cut][aria-pressed=true]")
    page.wait_for_selector("#inputs [data-name=tamper_ok].bad")

    assert [fault.name for fault in machine.active_faults()] == ["tamper_cut"]

    button.click()
    page.wait_for_selector("[data-fault=tamper_cut][aria-pressed=false]")

    assert machine.active_faults() == []


def test_counted_faults_show_what_is_left_and_states_cannot_be_counted(page: Page) -> None:
    page.check("[name=figure][value=count]")
    page.fill("#amount", "7")
    page.click("[data-fault=no_reply]")

    page.wait_for_selector("[data-fault=no_reply]:has-text('剩余 7 次')")
    assert page.locator("[data-fault=seal_missing]").is_disabled()


def test_the_plant_is_followed_live(page: Page) -> None:
    page.click("[data-fault=linkage_mode_on]")
    page.wait_for_selector("#bolt-word:has-text('已开')")
    page.click("#lever")

    page.wait_for_selector("#presses:has-text('1')")
    page.wait_for_selector("#events li.strong:has-text('压印')")


def test_paper_is_taken_and_laid(page: Page) -> None:
    page.click("[data-paper=none]")
    page.wait_for_selector("#sheet:has-text('托盘为空')")
    page.click("[data-paper=again]")

    page.wait_for_selector("#sheet:has-text('sheet-2')")


def test_the_band_stays_in_sight_when_the_page_is_scrolled(page: Page) -> None:
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(200)

    box = page.locator(".band").bounding_box()
    assert box is not None
    assert box["y"] == 0
    assert "模拟机" in page.locator(".band").inner_text()
