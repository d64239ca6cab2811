"""The agent on real serial frames and real pictures, from request to signed use."""

from __future__ import annotations

from typing import Any

import pytest

from device.errors import PermitRefusedError
from device.kiosk.port import BeginJob, EndJob, StampNow
from ledger.records import SealUse

# Both kinds stamp and give a window back; for what ends before anything is asked of the
# controller, and for what goes on beside it (page, network, copies), its kind plays no part.
ANY_MACHINE = pytest.mark.parametrize("machine", ["A"], indirect=True)


def stamp(village: Any, *, press: bool = True) -> Any:
    """Tap "stamp now" and press the lever as the screen says; return how it ended."""
    job = village.ask(StampNow(by="c-1"))
    assert job.step == "press", job
    if press:
        village.until(lambda _: village.machine.state()["open"])
        assert village.machine.press_lever()["down"]
    return village.finished()


@pytest.mark.slow
def test_an_approved_page_is_stamped_once_photographed_and_delivered(village: Any) -> None:
    request = village.approved()
    village.ask(BeginJob(by="c-1", request=request.request))

    job = stamp(village)

    assert job.step == "done"
    village.until(lambda view: view.undelivered == 0 and view.photos_waiting == 0)
    assert village.gateway.kinds() == ["request", "intent", "use"]
    use = village.gateway.last("use").body
    assert isinstance(use, SealUse)
    assert use.counter_after == use.counter_before + 1
    assert {"page-same", "impression-seen", "impression-complete"} <= set(use.findings)
    assert job.noticed == ""
    assert {use.before.sealed_sha256, use.after.sealed_sha256} <= set(village.gateway.photos)
    assert village.presses() == 1


@ANY_MACHINE
@pytest.mark.slow
def test_two_copies_need_two_grants_and_the_third_is_refused(village: Any) -> None:
    request = village.approved(impressions=2)
    village.ask(BeginJob(by="c-1", request=request.request))

    assert stamp(village).step == "next"
    village.machine.lay_again()
    assert stamp(village).step == "done"

    with pytest.raises(PermitRefusedError, match="permit-used-up"):
        village.ask(BeginJob(by="c-1", request=request.request))
    village.until(lambda view: view.undelivered == 0)
    assert village.gateway.kinds() == ["request", "intent", "use", "intent", "use", "refusal"]


@pytest.mark.slow
def test_a_window_without_a_press_gives_the_impression_back(village: Any) -> None:
    request = village.approved()
    village.ask(BeginJob(by="c-1", request=request.request))

    job = stamp(village, press=False)

    assert (job.step, job.reason) == ("stopped", "not-pressed")
    village.until(lambda view: view.undelivered == 0)
    assert village.gateway.kinds() == ["request", "intent", "void"]
    assert stamp(village).step == "done"


@ANY_MACHINE
@pytest.mark.slow
def test_a_forbidden_item_is_refused_at_once_and_logged(village: Any) -> None:
    request = village.file(matter="死亡证明")

    assert (request.state, request.reason) == ("refused", "forbidden")
    village.until(lambda view: view.undelivered == 0)
    assert village.gateway.kinds() == ["refusal"]


@ANY_MACHINE
@pytest.mark.slow
def test_an_item_on_no_list_is_refused_without_naming_it_in_public(village: Any) -> None:
    request = village.file(matter="张三家的房子是他的")

    assert (request.state, request.reason) == ("refused", "off-list")
    village.until(lambda view: view.undelivered == 0)
    refusal = village.gateway.last("refusal")
    assert refusal.body.matter is None
    assert village.gateway.opened[refusal.sha256] == {"text": "张三家的房子是他的"}


@ANY_MACHINE
@pytest.mark.slow
def test_another_page_than_the_approved_one_is_not_stamped(village: Any) -> None:
    request = village.approved()
    village.machine.lay_page("rendered:99")
    village.ask(BeginJob(by="c-1", request=request.request))

    job = village.ask(StampNow(by="c-1"))

    assert (job.step, job.reason) == ("stopped", "page-other")
    assert village.machine.state()["bolt_out"]


@ANY_MACHINE
@pytest.mark.slow
def test_a_revoked_permit_opens_nothing(village: Any) -> None:
    request = village.approved()
    village.ask(BeginJob(by="c-1", request=request.request))
    village.gateway.revoke(request.permit)
    village.until(lambda view: view.requests[0].state == "revoked")

    job = village.ask(StampNow(by="c-1"))

    assert (job.step, job.reason) == ("stopped", "permit-revoked")
    village.ask(EndJob(by="c-1"))
    village.until(lambda view: view.state == "idle")


@ANY_MACHINE
@pytest.mark.slow
def test_an_approved_permit_works_without_the_network_and_says_so(village: Any) -> None:
    request = village.approved()
    village.ask(BeginJob(by="c-1", request=request.request))
    village.broker.cut("m-1")
    village.until(lambda view: not view.online)

    assert stamp(village).step == "done"
    village.broker.mend("m-1")

    village.until(lambda view: view.undelivered == 0 and view.photos_waiting == 0)
    assert "offline" in village.gateway.last("use").body.flags


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["A"], indirect=True)
def test_a_grant_whose_answer_is_lost_makes_one_impression_and_answers_the_clerk(
    village: Any,
) -> None:
    request = village.approved(impressions=2)
    village.ask(BeginJob(by="c-1", request=request.request))
    village.machine.set_fault("no_reply", count=1, on="moves")
    tapped = village.agent.submit(StampNow(by="c-1"))

    village.until(lambda _: village.machine.state()["open"])
    assert village.machine.press_lever()["down"]
    job = village.finished()

    assert job.step in ("next", "stopped")  # stopped where a blind moment leaves it unproved
    assert tapped.done()
    assert village.presses() == 1


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["B"], indirect=True)
def test_tampering_nobody_saw_holds_the_machine_until_a_person_released_it(village: Any) -> None:
    village.stop_agent()
    village.machine.set_fault("tamper_cut", seconds=0.1)
    village.start_agent(disk=False)  # the power goes before the incident is durable
    village.until(lambda view: view.fault == "journal")
    village.stop_agent()

    village.start_agent()
    view = village.until(lambda view: view.hold is not None and view.undelivered == 0)
    assert view.hold.code == "tamper"
    village.gateway.release(0)
    village.until(lambda view: view.state == "idle" and view.hold is None and not view.fault)

    request = village.approved()
    village.ask(BeginJob(by="c-1", request=request.request))
    assert stamp(village).step == "done"
    village.until(lambda view: view.undelivered == 0)
    assert village.gateway.kinds() == ["incident", "request", "intent", "use"]
