"""Impressions that an approver releases by the live photo: bound, single, in time, or none."""

from __future__ import annotations

import time
from typing import Any

import pytest

from device.kiosk.port import BeginJob, EndJob, StampNow
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm
from ledger.topics import Leaf
from tests.device.loop.test_seams import filing
from tests.device.model_gateway import MACHINE

WAIT_S = 120.0


def ask(rig: Any, impressions: int = 1) -> ImpressionAsk:
    """Take up a request whose impressions are released one by one, and ask for the first."""
    rig.ready(impressions, confirm="each-impression")
    rig.ask(StampNow(by="c-1"))
    return asked(rig)


def asked(rig: Any) -> ImpressionAsk:
    """Wait until the township has what was asked, with its live photo."""
    rig.until(lambda view: view.job.step == "confirm" and view.undelivered == 0)
    entry = rig.gateway.last("confirm-ask")
    rig.until(lambda _: entry.body.before.sealed_sha256 in rig.gateway.photos)
    return entry.body


def answer(rig: Any, **changes: Any) -> None:
    """Send an approver's answer to the newest ask."""
    entry = rig.gateway.last("confirm-ask")
    fields: dict[str, Any] = {
        "ask": entry.sha256,
        "machine": MACHINE,
        "permit": entry.body.permit,
        "n": entry.body.n,
        "photo": entry.body.before.sha256,
        "decision": "release",
        "not_after_ms": int(time.time() * 1000) + 60_000,
        "by": "a-1",
        **changes,
    }
    rig.gateway._enter(Leaf.ANSWER, fields["ask"], ImpressionConfirm(**fields))


def test_the_machine_waits_with_the_live_photo_and_opens_for_one_release(rig: Any) -> None:
    body = ask(rig)
    assert rig.controller.grants == [] and rig.entries("intent") == []
    rig.press()

    answer(rig)
    job = rig.finished()

    assert (job.step, body.form) == ("done", "plain")
    [intent], [use] = rig.entries("intent"), rig.entries("use")
    assert intent.page == body.before.sha256 and use.before == body.before
    assert rig.gateway.photos[body.before.sealed_sha256].startswith(b"\xff\xd8")


def test_the_second_copy_needs_a_release_of_its_own(rig: Any) -> None:
    ask(rig, impressions=2)
    rig.press()
    answer(rig)
    assert rig.finished().step == "next"
    rig.camera.lay("page")
    rig.controller.during = {}

    rig.ask(StampNow(by="c-1"))
    body = asked(rig)

    assert body.n == 2 and len(rig.controller.grants) == 1


def test_the_approver_is_told_that_a_seam_stamp_is_asked_for(rig: Any) -> None:
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, ("page", "other"), copies=1, seams=1)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 1, seams=1, confirm="each-impression")
    rig.until(lambda view: view.requests[0].permit != "")
    rig.ask(BeginJob(by="c-1", request=request.request))
    for scene in ("page", "other", "fan"):
        rig.camera.lay(scene)
        rig.ask(StampNow(by="c-1"))

    assert asked(rig).form == "seam"


def test_a_release_of_an_impression_on_a_page_opens_for_no_seam_stamp(rig: Any) -> None:
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, ("page", "other"), copies=2, seams=1)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 2, seams=1, confirm="each-impression")
    rig.until(lambda view: view.requests[0].permit != "")
    rig.ask(BeginJob(by="c-1", request=request.request))
    rig.camera.lay("page")
    rig.ask(StampNow(by="c-1"))
    assert asked(rig).form == "plain"
    rig.press()
    rig.agent._parts.jobs.job.seam = True  # as a fault of the program would have it

    answer(rig)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "confirm-other")
    assert rig.controller.grants == [] and rig.entries("intent") == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"decision": "refuse"}, "confirm-refused"),
        ({"photo": "b" * 64}, "confirm-other"),
        ({"n": 2}, "confirm-other"),
        ({"not_after_ms": 1}, "confirm-timeout"),
    ],
)
def test_an_answer_that_is_no_release_of_this_photo_opens_nothing(
    rig: Any, changes: Any, reason: str
) -> None:
    ask(rig)

    answer(rig, **changes)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", reason)
    assert [one.reason for one in rig.entries("refusal")] == [reason]
    assert rig.controller.grants == [] and rig.entries("intent") == []


def test_no_answer_in_time_opens_nothing(rig: Any) -> None:
    ask(rig)

    rig.turn(WAIT_S + 1)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "confirm-timeout")
    answer(rig)
    rig.settled()
    assert rig.controller.grants == []


def test_without_a_network_nothing_is_even_asked(rig: Any) -> None:
    rig.ready(confirm="each-impression")
    rig.broker.cut(MACHINE)
    rig.until(lambda view: not view.online)

    job = rig.stamp()

    assert (job.step, job.reason) == ("stopped", "confirm-offline")
    assert rig.entries("confirm-ask") == [] and rig.controller.grants == []


def test_a_network_that_goes_while_waiting_ends_it(rig: Any) -> None:
    ask(rig)

    rig.broker.cut(MACHINE)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "confirm-offline")
    assert rig.controller.grants == []


def test_paper_that_was_changed_after_the_photo_is_not_stamped(rig: Any) -> None:
    ask(rig)
    rig.camera.lay("other")

    answer(rig)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "confirm-moved")
    assert rig.controller.grants == []


def test_a_permit_revoked_while_waiting_opens_nothing(rig: Any) -> None:
    body = ask(rig)
    rig.gateway.revoke(body.permit)
    rig.until(lambda view: view.requests[0].state == "revoked")

    answer(rig)
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "permit-revoked")
    assert rig.controller.grants == []


def test_the_clerk_can_leave_while_waiting_and_a_late_release_opens_nothing(rig: Any) -> None:
    ask(rig)

    rig.ask(EndJob(by="c-1"))
    answer(rig)
    rig.settled()

    assert rig.agent.view().job is None and rig.agent.view().state == "idle"
    assert rig.controller.grants == []


def test_a_restart_forgets_what_was_asked(rig: Any) -> None:
    ask(rig)
    rig.stop_agent()
    rig.start_agent()

    answer(rig)
    rig.settled()

    assert rig.controller.grants == [] and rig.entries("intent") == []


def test_a_camera_that_fails_after_the_release_ends_it_for_good(rig: Any) -> None:
    ask(rig)
    rig.camera.gone = True
    answer(rig)
    job = rig.finished()
    rig.camera.gone = False
    rig.until(lambda view: view.fault == "")
    rig.settled()

    assert job.step == "stopped"
    assert rig.controller.grants == [] and rig.entries("intent") == []
