"""Restart: an intent that an earlier run left open ends as what can be proved, never by guess."""

from __future__ import annotations

from typing import Any

from device.kiosk.port import BeginJob, StampNow
from device.lock import most
from tests.device.loop.test_seams import die_under_the_press, filing
from tests.device.village import WINDOW_S


def die_after(rig: Any, *, pressed: bool) -> None:
    """End the agent after a grant, before anything else than the intent is durable."""
    rig.ready()
    if pressed:
        rig.press()
    rig.controller.during[2] = lambda: rig.disk(works=False)
    rig.ask(StampNow(by="c-1"))
    rig.until(lambda view: view.fault == "journal")
    rig.stop_agent()
    rig.controller.during = {}


def lay_for_the_next_run(rig: Any, scene: str) -> None:
    """Start the agent again on what now lies on the tray."""
    rig.lying = scene
    rig.start_agent()


def test_an_intent_whose_counter_proves_no_press_becomes_a_void(build_rig: Any) -> None:
    rig = build_rig("B")
    die_after(rig, pressed=False)
    assert rig.entries("void") == []

    lay_for_the_next_run(rig, "page")
    rig.until(lambda view: view.state == "idle")

    assert [one.evidence for one in rig.entries("void")] == ["counter"]
    assert rig.agent.view().requests[0].left == 1


def test_an_intent_whose_counter_proves_a_press_becomes_a_late_use(build_rig: Any) -> None:
    rig = build_rig("B")
    die_after(rig, pressed=True)
    assert rig.entries("use") == []

    lay_for_the_next_run(rig, "stamped")
    rig.until(lambda view: view.state == "idle")

    [use] = rig.entries("use")
    assert "late_photo" in use.flags
    assert use.counter_after == use.counter_before + 1
    assert len(rig.controller.grants) == 1


def test_a_proved_press_without_its_page_is_an_incident_of_one(build_rig: Any) -> None:
    rig = build_rig("B")
    die_after(rig, pressed=True)

    lay_for_the_next_run(rig, "other")
    rig.until(lambda view: view.hold is not None)

    [incident] = rig.entries("incident")
    assert (incident.code, incident.held) == ("photo-missing", True)
    assert (incident.impressions_min, incident.impressions_max) == (1, 1)
    assert rig.entries("use") == []


def test_a_late_photo_of_the_second_sheet_of_a_document_is_compared_with_that_sheet(
    build_rig: Any,
) -> None:
    rig = build_rig("B")
    rig.until(lambda view: view.list_version == 1)
    request = filing(rig, ("other", "page"), copies=1, seams=0)
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 1)
    rig.until(lambda view: view.requests[0].permit != "")
    rig.ask(BeginJob(by="c-1", request=request.request))
    die_under_the_press(rig, "page", "stamped")

    lay_for_the_next_run(rig, "stamped")
    rig.until(lambda view: rig.entries("use") != [] or view.hold is not None)

    assert rig.entries("incident") == []
    assert "late_photo" in rig.entries("use")[0].flags


def test_an_intent_that_nothing_proves_holds_for_all_that_it_may_hide(build_rig: Any) -> None:
    rig = build_rig("A")
    die_after(rig, pressed=True)

    lay_for_the_next_run(rig, "stamped")
    rig.until(lambda view: view.hold is not None)

    [incident] = rig.entries("incident")
    assert (incident.code, incident.held) == ("outcome-unknown", True)
    assert (incident.impressions_min, incident.impressions_max) == (0, most(WINDOW_S))
    assert len(rig.controller.grants) == 1


def test_alarms_of_the_open_intents_time_are_explained_by_its_entry(build_rig: Any) -> None:
    rig = build_rig("B")
    die_after(rig, pressed=True)
    rig.controller.latched = {"press-without-grant", "watchdog"}

    lay_for_the_next_run(rig, "stamped")
    rig.until(lambda view: view.state == "idle" and not rig.controller.latched)
    rig.settled()

    assert len(rig.entries("use")) == 1
    assert rig.entries("incident") == []
