"""Alarms: the controller forgets one only after its entry is durable."""

from __future__ import annotations

from typing import Any


def test_an_alarm_outlives_a_power_cut_before_its_entry_is_durable(rig: Any) -> None:
    rig.stop_agent()
    rig.controller.latched = {"tamper"}

    rig.start_agent(disk=False)
    rig.until(lambda view: view.fault == "journal")
    rig.stop_agent()

    assert rig.controller.latched == {"tamper"}
    assert rig.codes() == []
    rig.start_agent()
    rig.until(lambda view: view.hold is not None)
    assert rig.codes() == [("tamper", 0, True)]


def test_a_held_controller_keeps_its_alarm_until_the_release(rig: Any) -> None:
    rig.controller.latched = {"tamper"}
    rig.until(lambda view: view.hold is not None and view.undelivered == 0)
    rig.settled()
    assert rig.controller.acknowledged == []

    rig.gateway.release(0)
    rig.until(lambda view: view.state == "idle" and view.hold is None)
    rig.until(lambda _: not rig.controller.latched)
    rig.settled()

    assert rig.controller.acknowledged == [("tamper",)]
    assert rig.codes() == [("tamper", 0, True)]


def test_a_noted_alarm_is_acknowledged_after_its_note_is_durable(rig: Any) -> None:
    rig.disk(works=False)
    rig.controller.latched = {"door"}
    rig.until(lambda view: view.fault == "journal")
    assert rig.controller.acknowledged == []

    rig.disk(works=True)
    rig.until(lambda _: rig.controller.acknowledged != [])

    assert rig.controller.acknowledged == [("door",)]
    assert rig.codes() == [("door-opened", 0, False)]


def test_an_alarm_that_comes_while_a_note_waits_is_not_forgotten_with_it(rig: Any) -> None:
    rig.disk(works=False)
    rig.controller.latched = {"door"}
    rig.until(lambda view: view.fault == "journal")
    rig.controller.latched = {"door", "tamper"}
    rig.settled()

    rig.disk(works=True)
    rig.until(lambda view: view.hold is not None)

    assert "tamper" in rig.controller.latched
    assert [code for code, _, held in rig.codes() if held] == ["tamper"]


def test_tampering_during_another_hold_is_written_down_once(rig: Any) -> None:
    rig.hold()

    rig.controller.latched = {"tamper"}
    rig.until(lambda _: len(rig.entries("incident")) == 2)
    rig.settled()

    assert rig.codes() == [("second-press", 2, True), ("tamper", 0, False)]
    rig.gateway.release(2)
    rig.until(lambda view: view.state == "idle" and not rig.controller.latched)


def test_a_technical_alarm_is_acknowledged_and_holds_nothing(rig: Any) -> None:
    rig.controller.latched = {"watchdog"}

    rig.until(lambda _: not rig.controller.latched)
    rig.settled()

    assert rig.codes() == []
    rig.ready()
    rig.press()
    assert rig.stamp().step == "done"
