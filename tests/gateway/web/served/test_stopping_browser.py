"""Taking back in a real browser: a permit, an asked opening, what is withheld of an affair."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands import Decide
from gateway.commands_custody import AskHatch
from tests.gateway.web.served.policies import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DEADLINE_S = 20.0
NAME = "欧阳建国"


@pytest.fixture
def refused(world: Any, pages: Any) -> str:
    """A request that was refused: nobody needs it any longer."""
    machine = world.machines["m-1"]
    machine.start()
    request = str(world.waiting(machine, world.photo(pages[0][0]), applicant=NAME))
    order = Decide(by="wang", request=request, decision="refuse", note="材料不全")
    world.app.submit(order).result(DEADLINE_S)
    return request


def test_auditor_revokes_a_permit_with_a_reason_by_two_taps_on_a_phone(
    world: Any, window: Any, pages: Any
) -> None:
    machine = world.machines["m-1"]
    machine.start()
    permit = world.approved(machine, world.photo(pages[0][0]))
    one = window("zhao", PHONE)
    page = one.goto("/permits")
    page.click("main tbody tr >> a")
    page.click("#revocation a.button.stop")
    page.select_option("#revocation #reason", index=1)
    reason = page.locator("#revocation #reason option:checked").inner_text()
    page.click("text=确认撤销")
    page.wait_for_selector("text=许可已撤销。")

    said = page.inner_text("#revocation")

    with world.app.reader() as reader:
        view = reader.permit(permit)
    assert view.revoked_by == "zhao" and view.revoked_ms is not None
    assert "赵监督" in said and reason in said
    assert page.locator("#revocation a.button.stop").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert one.complaints == []


def test_who_may_not_revoke_is_told_so_and_has_no_button(
    world: Any, window: Any, pages: Any
) -> None:
    machine = world.machines["m-1"]
    machine.start()
    permit = world.approved(machine, world.photo(pages[0][0]))

    page = window("wang").goto(f"/permits/{permit}?step=revoke")

    assert page.locator("#revocation button").count() == 0
    with world.app.reader() as reader:
        assert reader.permit(permit).revoked_ms is None


def test_two_persons_erase_and_a_tombstone_is_left(world: Any, window: Any, refused: str) -> None:
    auditor, administrator = window("zhao"), window("sun")
    page = auditor.goto(f"/log/{refused}")
    before = page.inner_text("main")
    page.click("#erasing >> text=提出清除")
    page.select_option("#what", "both")
    page.select_option("#cause", "request")
    page.click("#erasing button.stop")
    page.wait_for_selector("text=须由另一人确认后才会清除")
    own = auditor.goto("/retention")
    boxes = own.locator("input[name=asked]").count()
    page = administrator.goto("/retention")
    page.check("input[name=asked]")
    page.click("text=确认并清除所选")
    page.wait_for_selector("text=已确认并清除。")
    world.settle()

    after = auditor.goto(f"/log/{refused}").inner_text("main")

    assert NAME in before and boxes == 0
    assert NAME not in after and "已按规定清除" in after
    assert "赵监督" in after and "孙管理" in after and "本人要求" in after
    assert auditor.complaints == administrator.complaints == []


def test_opening_that_was_asked_for_is_withdrawn_and_can_be_permitted_no_more(
    world: Any, window: Any
) -> None:
    ask = AskHatch(
        by="sun", machine="m-1", seal="committee", purpose="takeout", days=3, reason="送县里年检"
    )
    permit = world.app.submit(ask).result(DEADLINE_S)
    one, other = window("sun"), window("zhao")
    late = other.goto("/custody")
    page = one.goto("/custody")
    page.click("text=撤回")
    page.wait_for_selector("text=已撤回。")
    late.click("text=准许开仓")
    late.wait_for_selector("h1")

    with world.app.reader() as reader:
        hatch = reader.hatch(permit)
    assert (hatch.withdrawn_by, hatch.released_by) == ("sun", None)
    assert "准许开仓" not in other.goto("/custody").inner_text("main")
    assert one.complaints == []
