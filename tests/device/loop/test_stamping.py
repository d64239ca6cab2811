"""Stamping: what is refused, what ends a window, what a hold and a restart leave behind."""

from __future__ import annotations

from typing import Any

import pytest

from device.bodies import as_taken
from device.eyes import Seen
from device.kiosk.port import BeginJob, StampNow
from ledger.records import PhotoRef
from tests.device.loop.test_seams import filing

PHOTO_NEVER_S = 40.0  # over the patience and what the eyes get on top


@pytest.mark.parametrize(("scene", "reason"), [("blank", "blank"), ("other", "page-other")])
def test_a_page_that_must_not_be_stamped_is_refused_in_the_journal(
    rig: Any, scene: str, reason: str
) -> None:
    request = rig.ready()
    rig.camera.lay(scene)

    job = rig.stamp()

    assert (job.step, job.reason) == ("stopped", reason)
    [refusal] = rig.entries("refusal")
    assert (refusal.reason, refusal.about, refusal.permit) == (
        reason,
        request.request,
        request.permit,
    )
    assert rig.controller.grants == []


def test_a_page_that_nothing_is_left_to_compare_with_opens_nothing(rig: Any) -> None:
    rig.ready()
    for copy in (rig.path / "state" / "references").iterdir():
        copy.unlink()

    job = rig.stamp()

    assert (job.step, job.reason) == ("stopped", "page-unknown")
    assert [one.reason for one in rig.entries("refusal")] == ["page-unknown"]
    assert rig.controller.grants == []


def test_a_page_whose_copy_cannot_be_read_is_said_and_the_others_are_stamped(rig: Any) -> None:
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, ("other", "page"), copies=1, seams=0)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 1)
    rig.until(lambda view: view.requests[0].permit != "")
    opened = rig.agent._parts.recorder.journal.opened(request.request)
    (rig.path / "state" / "references" / opened["pages"][0]["sha256"]).write_bytes(b"damaged")
    rig.ask(BeginJob(by="c-1", request=request.request))
    rig.camera.lay("other")

    lost = rig.stamp()
    rig.camera.lay("page")
    rig.press()
    done = rig.stamp()

    assert (lost.step, lost.reason) == ("stopped", "page-lost")
    assert [one.reason for one in rig.entries("refusal")] == ["page-lost"]
    assert (done.step, done.reason) == ("done", "")


def test_a_page_that_nobody_compared_opens_nothing(rig: Any) -> None:
    rig.ready()
    rig.camera.opened.clear()
    rig.agent.submit(StampNow(by="c-1"))
    rig.until(lambda view: view.job.step == "check")
    photo = PhotoRef(sha256="a" * 64, size=1, sealed_sha256="b" * 64, sealed_size=1)
    undecided = Seen(rig.agent._parts.jobs.job.token, (as_taken(photo, b"x"), b"x"), None)

    rig.agent._parts.inbox.put(undecided)
    job = rig.finished()
    rig.camera.opened.set()

    assert (job.step, job.reason) == ("stopped", "page-unknown")
    assert [one.reason for one in rig.entries("refusal")] == ["page-unknown"]
    assert rig.entries("intent") == []
    assert rig.controller.grants == []


def test_a_permit_revoked_during_the_check_opens_nothing(rig: Any) -> None:
    request = rig.ready()
    rig.camera.opened.clear()
    answer = rig.agent.submit(StampNow(by="c-1"))
    rig.until(lambda view: view.job.step == "check")

    rig.gateway.revoke(request.permit)
    rig.until(lambda view: view.requests[0].state == "revoked")
    rig.camera.opened.set()
    job = rig.finished()

    assert (job.step, job.reason) == ("stopped", "permit-revoked")
    assert answer.done()
    assert rig.entries("intent") == []
    assert [one.reason for one in rig.entries("refusal")] == ["permit-revoked"]
    assert rig.controller.grants == []


@pytest.mark.parametrize("profile", ["A", "B"])
def test_a_press_while_held_is_written_once_and_the_hold_goes_on(
    build_rig: Any, profile: str
) -> None:
    rig = build_rig(profile)
    rig.hold()

    rig.controller.down()
    rig.controller.up()
    rig.until(lambda _: len(rig.entries("incident")) == 2)
    rig.settled()

    assert rig.codes() == [("second-press", 2, True), ("press-while-held", 1, False)]
    assert rig.agent.view().hold.code == "second-press"


@pytest.mark.parametrize("profile", ["A", "B"])
@pytest.mark.parametrize("lost", ["mains_ok", "seal_present"])
def test_a_window_ends_at_once_without_mains_or_seal(
    build_rig: Any, profile: str, lost: str
) -> None:
    rig = build_rig(profile)
    rig.ready()
    rig.controller.during = {5: lambda: rig.controller.set(**{lost: False})}

    job = rig.stamp()

    assert (job.step, job.reason) == ("stopped", "not-pressed")
    assert rig.controller.readings == 5
    assert len(rig.entries("void")) == 1
    assert rig.controller.inputs.bolt_out


@pytest.mark.parametrize("lost", ["mains_ok", "seal_present"])
def test_a_stroke_that_has_begun_ends_although_mains_or_seal_go(rig: Any, lost: str) -> None:
    rig.ready()
    rig.press()
    rig.controller.during[4] = lambda: rig.controller.set(**{lost: False})

    job = rig.stamp()

    assert job.step == "done"
    [use] = rig.entries("use")
    assert use.counter_after == use.counter_before + 1


def test_after_a_release_the_counter_as_it_stands_is_the_new_base(rig: Any) -> None:
    rig.hold()
    rig.controller.strokes += 5  # somebody tried the lever at length, and a person has counted

    rig.gateway.release(2)
    rig.until(lambda view: view.hold is None and view.state == "idle")
    rig.until(lambda _: rig.entries("start")[-1].strokes["s-1"] == rig.controller.strokes)
    rig.settled()

    assert rig.agent.view().hold is None
    assert [one.held for one in rig.entries("incident")] == [True]


def test_strokes_that_nobody_accounts_for_hold_the_machine(rig: Any) -> None:
    rig.ready()
    rig.press()
    rig.stamp()
    rig.stop_agent()

    rig.controller.strokes += 2
    rig.start_agent()
    rig.until(lambda view: view.hold is not None)

    assert rig.codes() == [("strokes-unaccounted", 2, True)]


def test_a_photo_that_the_eyes_never_give_is_a_missing_one(rig: Any) -> None:
    rig.ready()
    rig.press()
    rig.controller.during[5] = rig.camera.opened.clear
    rig.agent.submit(StampNow(by="c-1"))
    rig.until(lambda view: view.job is not None and view.job.step == "photo")

    rig.turn(PHOTO_NEVER_S)
    rig.until(lambda view: view.hold is not None)

    assert rig.codes() == [("photo-missing", 1, True)]
    assert rig.controller.inputs.bolt_out
    rig.camera.opened.set()


@pytest.mark.parametrize("profile", ["A", "B"])
def test_a_press_that_leaves_nothing_on_the_page_is_an_incident_with_both_photos(
    build_rig: Any, profile: str
) -> None:
    rig = build_rig(profile)
    rig.ready()
    rig.press("page")

    job = rig.stamp()
    view = rig.until(lambda view: view.hold is not None and view.undelivered == 0)

    assert (job.step, job.reason) == ("stopped", "impression-missing")
    assert rig.codes() == [("impression-missing", 1, True)]
    assert rig.entries("use") == []
    [incident], [intent] = rig.entries("incident"), rig.entries("intent")
    assert [one.sha256 for one in incident.photos][:1] == [intent.page]
    assert len({one.sha256 for one in incident.photos}) == 2
    assert (view.hold.impressions_max, view.requests[0].left) == (1, 0)


def test_a_mark_that_the_second_photo_shows_is_a_use(rig: Any) -> None:
    rig.ready()
    rig.press("page")
    rig.agent.submit(StampNow(by="c-1"))
    view = rig.until(lambda view: view.job is not None and view.job.reason == "impression-missing")
    assert view.job.step == "photo"

    rig.camera.lay("stamped")
    job = rig.finished()

    assert (job.step, job.noticed) == ("done", "")
    assert rig.entries("incident") == []
    [use] = rig.entries("use")
    assert "impression-seen" in use.findings


def test_another_page_without_a_mark_is_a_use_that_says_so(rig: Any) -> None:
    rig.ready()
    rig.press("other")

    job = rig.stamp()

    assert (job.step, job.noticed) == ("done", "page-other")
    assert rig.entries("incident") == []
    [use] = rig.entries("use")
    assert {"page-other", "impression-missing"} <= set(use.findings)


def test_a_job_that_a_hold_stopped_is_over_with_the_hold(rig: Any) -> None:
    rig.hold()
    assert rig.agent.view().job.step == "stopped"

    rig.gateway.release(2)
    view = rig.until(lambda view: view.hold is None and view.state == "idle")
    view = rig.until(lambda view: view.job is None)

    assert view.requests[0].state == "done"


def test_a_job_that_stopped_without_a_hold_can_go_on(rig: Any) -> None:
    rig.ready()

    rig.stamp()
    rig.settled()

    job = rig.agent.view().job
    assert (job.step, job.reason) == ("stopped", "not-pressed")


@pytest.mark.parametrize(("counted", "reason"), [(1, "count-below-proof"), (1001, "count-absurd")])
def test_a_release_whose_count_cannot_be_is_refused_once_and_the_hold_stays(
    rig: Any, counted: int, reason: str
) -> None:
    rig.hold()

    rig.gateway.release(counted)
    rig.until(lambda view: view.hold.refused == reason)
    rig.broker.cut("m-1")
    rig.broker.mend("m-1")
    rig.until(lambda view: view.online)
    rig.settled()

    assert [one.reason for one in rig.entries("refusal")] == [reason]
    rig.stop_agent()
    rig.start_agent()
    assert rig.agent.view().hold.refused == reason
    rig.gateway.release(2)
    rig.until(lambda view: view.hold is None)


def test_a_person_may_find_more_impressions_than_the_machine_could_see(rig: Any) -> None:
    rig.hold()

    rig.gateway.release(20)

    view = rig.until(lambda view: view.hold is None)
    assert view.requests[0].left == 0
