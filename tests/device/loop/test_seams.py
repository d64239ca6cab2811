"""Seam stamps (骑缝): asked for, each page shown, the fan stamped, and the records that say so."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from device.errors import RequestRefusedError
from device.kiosk.port import BeginJob, EndJob, FileRequest, StampNow, TakePage
from ledger.records import SEAM
from tests.device.model_gateway import SEAL

PAGES = ("page", "other", "third")


def filing(rig: Any, pages: tuple[str, ...], **changes: Any) -> Any:
    """Photograph pages and file a request for them."""
    taken = []
    for scene in pages:
        rig.camera.lay(scene)
        taken.append(rig.ask(TakePage(by="c-1")).page)
    fields: dict[str, Any] = {"by": "c-1", "copies": 2, "seams": 1, **changes}
    return rig.ask(
        FileRequest(
            seal=SEAL, matter="CM-09", applicant="张三", purpose="土地流转", payee="",
            amount_fen=None, pages=tuple(taken), **fields,
        )
    )  # fmt: skip


@pytest.fixture
def contract(rig: Any) -> Any:
    """A contract of three pages with a permit for one impression and one seam stamp."""
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, PAGES)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 2, seams=1)
    return rig.until(lambda view: view.requests[0].permit != "").requests[0]


def show(rig: Any, scene: str) -> tuple[str, int, str]:
    """Lay a page of the pile and tap; return the step, how many were shown, and a reason."""
    rig.camera.lay(scene)
    job = rig.ask(StampNow(by="c-1"))
    return job.step, job.shown, job.reason


def press(rig: Any, lying: str, scene: str) -> Any:
    """Lay something, tap and press; return how the job stands when it rests."""
    rig.camera.lay(lying)
    rig.press(scene)
    rig.ask(StampNow(by="c-1"))
    job = rig.until(lambda view: view.job is not None and view.job.step not in ("press", "photo"))
    return job.job


def die_under_the_press(rig: Any, lying: str, scene: str) -> None:
    """Lay something, tap, press, and lose power before the impression is written down."""
    rig.camera.lay(lying)
    rig.press(scene)
    rig.controller.during[2] = lambda: rig.disk(works=False)
    rig.ask(StampNow(by="c-1"))
    rig.until(lambda view: view.fault == "journal")
    rig.stop_agent()
    rig.controller.during = {}


def test_a_contract_gets_its_stamps_and_then_its_seam(rig: Any, contract: Any) -> None:
    first = rig.ask(BeginJob(by="c-1", request=contract.request))
    after_plain = press(rig, "page", "stamped")
    shown = [show(rig, one) for one in ("page", "page", "third", "other")]
    done = press(rig, "fan", "seam")

    assert (first.step, first.seam, first.seams, first.pages) == ("lay", False, 1, 3)
    assert (after_plain.step, after_plain.seam, after_plain.noticed) == ("show", True, "")
    assert shown == [("show", 1, ""), ("show", 1, "page-shown"), ("show", 2, ""), ("fan", 3, "")]
    assert (done.step, done.noticed) == ("done", "")
    assert [one.flags for one in rig.entries("intent")] == [(), (SEAM,)]
    uses = rig.entries("use")
    assert [(one.n, one.of, SEAM in one.flags) for one in uses] == [(1, 2, False), (2, 2, True)]
    assert {"page-same", "impression-seen"} <= set(uses[1].findings)
    assert rig.entries("refusal") == []


def test_a_seam_in_between_does_not_forget_the_sheet_that_was_stamped(rig: Any) -> None:
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, PAGES, copies=3)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 3, seams=1)
    rig.until(lambda view: view.requests[0].permit != "")
    rig.ask(BeginJob(by="c-1", request=request.request))
    press(rig, "page", "stamped")
    rig.ask(BeginJob(by="c-1", request=request.request, seam=True))
    for scene in PAGES:
        show(rig, scene)
    press(rig, "fan", "seam")

    forgotten = show(rig, "stamped")

    assert (forgotten[0], forgotten[2]) == ("stopped", "sheet-stamped")


def test_the_seam_may_come_first_and_what_was_shown_is_kept_over_a_stop(
    rig: Any, contract: Any
) -> None:
    begin = BeginJob(by="c-1", request=contract.request, seam=True)
    rig.ask(begin)
    show(rig, "page")
    foreign = show(rig, "blank")
    again = rig.ask(begin)
    show(rig, "third")
    fan = show(rig, "other")
    rig.camera.lay("fan")
    rig.controller.during = {}
    rig.ask(StampNow(by="c-1"))  # nobody presses
    unpressed = rig.finished()
    third = rig.ask(begin)
    done = press(rig, "fan", "seam")
    rig.ask(EndJob(by="c-1"))
    over = rig.ask(begin)

    assert (foreign[0], foreign[2]) == ("stopped", "blank")
    assert (again.step, again.shown) == ("show", 1)
    assert fan == ("fan", 3, "")
    assert (unpressed.step, unpressed.reason) == ("stopped", "not-pressed")
    assert (third.step, third.shown) == ("fan", 3)
    assert (done.step, done.seam, done.seams) == ("next", False, 0)
    assert (over.step, over.seam) == ("lay", False)  # no seam stamp is left
    assert [SEAM in one.flags for one in rig.entries("use")] == [True]


def test_power_lost_while_a_seam_is_stamped_closes_it_as_a_seam(rig: Any, contract: Any) -> None:
    rig.ask(BeginJob(by="c-1", request=contract.request, seam=True))
    for scene in PAGES:
        show(rig, scene)
    die_under_the_press(rig, "fan", "seam")
    assert rig.entries("use") == []

    rig.lying = "seam"
    rig.start_agent()
    rig.until(lambda view: view.state == "idle")
    job = rig.ask(BeginJob(by="c-1", request=contract.request, seam=True))

    [use] = rig.entries("use")
    assert {SEAM, "late_photo"} <= set(use.flags)
    assert (job.step, job.seams) == ("lay", 0)  # an impression is left, and no seam stamp
    assert len(rig.controller.grants) == 1


def test_power_lost_over_a_fan_whose_top_sheet_bears_a_stamp_holds_nothing(
    rig: Any, contract: Any
) -> None:
    rig.ask(BeginJob(by="c-1", request=contract.request))
    press(rig, "page", "stamped")
    for scene in ("stamped", "other", "third"):
        show(rig, scene)
    die_under_the_press(rig, "signed-fan", "signed-seam")

    rig.lying = "signed-seam"
    rig.start_agent()
    rig.until(lambda view: len(rig.entries("use")) == 2 or view.hold is not None)

    assert rig.entries("incident") == []
    late = rig.entries("use")[1]
    assert {SEAM, "late_photo"} <= set(late.flags)
    assert {"page-same", "impression-seen"} <= set(late.findings)


@pytest.mark.parametrize(
    ("pages", "changes"),
    [(("page",), {}), (("page", "other"), {"copies": 1, "seams": 2})],
    ids=["one page", "more than copies"],
)
def test_seam_stamps_need_several_pages_and_stay_within_the_copies(
    rig: Any, pages: tuple[str, ...], changes: dict[str, int]
) -> None:
    rig.until(lambda view: view.list_version == 1)

    with pytest.raises(RequestRefusedError) as refused:
        filing(rig, pages, **changes)

    assert refused.value.reason == "seams-unfit"
    assert rig.entries("request") == []


def test_a_request_without_seam_stamps_says_nothing_of_them(rig: Any) -> None:
    rig.ready()

    [request] = rig.entries("request")
    assert request.seams is UNSET
