"""Custody: the hatch opens under a permit of its own, and nothing is stamped meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from device.errors import CustodyRefusedError, PermitRefusedError
from device.kiosk.port import BeginJob, TakePage
from device.kiosk.port_custody import OpenHatch, ReportLost, ShutHatch
from ledger.records_custody import Hatch, SealState
from tests.device.model_gateway import MACHINE, SEAL


def permitted(rig: Any, purpose: str, **changes: Any) -> str:
    """Have an opening permitted, and wait until the machine believes it."""
    permit: str = rig.gateway.permit_hatch(purpose, **changes)
    rig.until(lambda view: any(one.permit == permit for one in view.custody[0].orders))
    return permit


def opened(rig: Any, purpose: str, **changes: Any) -> str:
    """Have the hatch opened by two persons."""
    permit = permitted(rig, purpose, **changes)
    rig.ask(OpenHatch(by="c-1", second="k-1", permit=permit))
    rig.until(lambda view: not view.custody[0].shut)
    return permit


def shut(rig: Any, permit: str, *, counted: int = 0, **more: Any) -> None:
    """Push the hatch shut and write down what was done."""
    rig.controller.set(door_closed=True)
    rig.until(lambda view: view.custody[0].shut)
    rig.ask(ShutHatch(by="c-1", second="k-1", permit=permit, counted=counted, **more))


def refusal(rig: Any, command: Any) -> str:
    """Return why a command is refused."""
    with pytest.raises(CustodyRefusedError) as refused:
        rig.ask(command)
    return refused.value.reason


def taken_out(rig: Any, permit: str = "h-1") -> None:
    """Take the seal out for three days."""
    opened(rig, "takeout", permit=permit)
    rig.controller.set(seal_present=False)
    shut(rig, permit, holder="李四", place="县档案馆", days=3)


def test_hatch_is_freed_after_its_entry_is_durable_and_names_two_persons(rig: Any) -> None:
    opened(rig, "service")

    entry = rig.entries("hatch")[0]
    rig.until(lambda view: view.undelivered == 0)
    assert (entry.step, entry.by, entry.second, entry.purpose) == (
        "opened",
        "c-1",
        "k-1",
        "service",
    )
    assert rig.controller.hatches == [bytes.fromhex(rig.gateway.last("hatch").sha256)[:16]]


def test_hatch_stays_shut_when_its_entry_cannot_be_written(rig: Any) -> None:
    permit = permitted(rig, "service")
    rig.disk(works=False)

    with pytest.raises(Exception, match="expected"):
        rig.ask(OpenHatch(by="c-1", second="k-1", permit=permit))

    assert rig.controller.hatches == []
    rig.disk(works=True)


@pytest.mark.parametrize("second", ["c-1", ""])
def test_one_person_alone_opens_nothing(rig: Any, second: str) -> None:
    permit = permitted(rig, "service")

    assert refusal(rig, OpenHatch(by="c-1", second=second, permit=permit)) == "second-same"
    assert rig.controller.hatches == []


def test_hatch_permit_is_obeyed_only_with_its_proof(rig: Any) -> None:
    rig.gateway.proving = False
    permit = rig.gateway.permit_hatch("service")
    rig.settled()

    assert refusal(rig, OpenHatch(by="c-1", second="k-1", permit=permit)) == "no-hatch-permit"


def test_hatch_permit_that_is_over_opens_nothing(rig: Any) -> None:
    rig.gateway.permit_hatch("service", not_after_ms=1)
    rig.until(lambda view: view.undelivered == 0)

    def reason() -> str:
        return refusal(rig, OpenHatch(by="c-1", second="k-1", permit="h-1"))

    rig.until(lambda _: rig.agent._parts.recorder.journal.book.custody.order("h-1") is not None)
    assert reason() == "hatch-permit-over"


def test_withdrawn_hatch_permit_opens_nothing(rig: Any) -> None:
    permit = permitted(rig, "service")
    body = Hatch(
        step="withdrawn", permit=permit, seal=SEAL, purpose="service", by="b-1", machine=MACHINE
    )
    rig.gateway.say(permit, body)

    rig.until(lambda view: view.custody[0].orders == ())

    assert refusal(rig, OpenHatch(by="c-1", second="k-1", permit=permit)) == "no-hatch-permit"


def test_hatch_permit_serves_once(rig: Any) -> None:
    permit = opened(rig, "service")
    shut(rig, permit, works=("ink",))

    assert refusal(rig, OpenHatch(by="c-1", second="k-1", permit=permit)) == "no-hatch-permit"


def test_nothing_is_stamped_while_the_hatch_is_open_even_when_it_is_pushed_shut(rig: Any) -> None:
    request = rig.approved()
    opened(rig, "service")
    rig.controller.set(door_closed=True)

    with pytest.raises(PermitRefusedError) as refused:
        rig.ask(BeginJob(by="c-1", request=request.request))

    assert refused.value.reason == "seal-handled"
    assert rig.controller.grants == []


def test_hatch_opened_under_a_permit_is_no_incident_and_one_without_is(rig: Any) -> None:
    permit = opened(rig, "service")
    rig.settled()
    shut(rig, permit, works=("ink",))
    assert rig.codes() == []

    rig.controller.set(door_closed=False)
    rig.until(lambda _: rig.codes() != [])

    assert rig.codes() == [("door-opened", 0, False)]


def test_strokes_of_a_service_are_counted_and_the_next_stamp_goes_on_from_there(rig: Any) -> None:
    permit = opened(rig, "service")
    for _ in range(2):
        rig.controller.down()
        rig.controller.up()
    rig.controller.latched = {"press-without-grant"}
    rig.until(lambda view: view.custody[0].made == 2)

    shut(rig, permit, counted=2, works=("ink", "cleaning"))

    ended = rig.entries("hatch")[-1]
    assert (ended.strokes_before, ended.strokes_after, ended.counted) == (0, 2, 2)
    assert ended.proof == "counter"
    assert rig.entries("service")[0].works == ("ink", "cleaning")
    rig.until(lambda _: not rig.controller.latched)
    rig.ready()
    rig.press()
    assert rig.stamp().step == "done"
    assert rig.codes() == []


def test_strokes_that_nobody_counted_hold_the_machine(rig: Any) -> None:
    permit = opened(rig, "service")
    for _ in range(3):
        rig.controller.down()
        rig.controller.up()
    rig.until(lambda view: view.custody[0].made == 3)

    shut(rig, permit, counted=1, works=("repair",))

    rig.until(lambda view: view.hold is not None)
    incident = rig.entries("incident")[0]
    assert (incident.code, incident.impressions_max, incident.held) == ("service-count", 2, True)


def test_profile_a_counts_a_service_by_its_edges(build_rig: Callable[..., Any]) -> None:
    rig = build_rig("A")
    permit = opened(rig, "service")
    rig.controller.down()
    rig.controller.up()
    rig.until(lambda view: view.custody[0].made == 1)

    shut(rig, permit, counted=1, works=("inspection",))

    assert rig.entries("hatch")[-1].proof == "edges"
    rig.settled()
    assert rig.codes() == []


@pytest.mark.parametrize("profile", ["A", "B"])
def test_opening_outlives_a_restart(build_rig: Callable[..., Any], profile: str) -> None:
    rig = build_rig(profile)
    request = rig.approved()
    permit = opened(rig, "service")
    rig.controller.down()
    rig.controller.up()
    rig.stop_agent()
    rig.start_agent(disk=False)
    rig.disk(works=True)

    with pytest.raises(PermitRefusedError, match="seal-handled"):
        rig.ask(BeginJob(by="c-1", request=request.request))
    rig.until(lambda view: view.custody[0].permit == permit)
    shut(rig, permit, counted=1, works=("repair",))

    assert rig.entries("hatch")[-1].strokes_after == 1
    assert rig.entries("hatch")[-1].proof == ("none" if profile == "A" else "counter")
    rig.settled()
    assert rig.codes() == []


def test_seal_that_is_out_stamps_nothing_and_says_until_when(rig: Any) -> None:
    request = rig.approved()
    taken_out(rig)

    view = rig.until(lambda view: view.custody[0].place == "out")
    with pytest.raises(PermitRefusedError) as refused:
        rig.ask(BeginJob(by="c-1", request=request.request))

    out = rig.entries("takeout")[0]
    assert (refused.value.reason, view.fault) == ("seal-out", "seal-out")
    assert out.until_ms - out.from_ms == 3 * 86_400_000 and view.custody[0].until_ms == out.until_ms
    rig.until(
        lambda view: (
            view.undelivered == 0 and rig.gateway.last("takeout").sha256 in rig.gateway.opened
        )
    )
    assert rig.gateway.opened[rig.gateway.last("takeout").sha256] == {
        "holder": "李四",
        "place": "县档案馆",
    }


def test_seal_that_came_back_stamps_again(rig: Any) -> None:
    taken_out(rig)
    permit = opened(rig, "return", permit="h-2")
    rig.controller.set(seal_present=True)
    page = rig.ask(TakePage(by="c-1"))

    shut(rig, permit, check="sound", page=page.page)

    back = rig.entries("takeout")[1]
    out_sha256 = next(e.sha256 for e in rig.gateway.entries if e.body.kind == "takeout")
    assert (back.step, back.check, back.taken) == ("returned", "sound", out_sha256)
    rig.ready()
    rig.press()
    assert rig.stamp().step == "done"


def test_return_without_a_photo_of_the_imprint_is_not_settled(rig: Any) -> None:
    taken_out(rig)
    permit = opened(rig, "return", permit="h-2")
    rig.controller.set(seal_present=True, door_closed=True)
    rig.until(lambda view: view.custody[0].shut and view.custody[0].present)

    command = ShutHatch(by="c-1", second="k-1", permit=permit, counted=0, check="sound")

    assert refusal(rig, command) == "sample-missing"
    assert rig.until(lambda _: True).custody[0].permit == permit


def test_handover_names_giver_receiver_witness_and_the_imprint(rig: Any) -> None:
    permit = opened(rig, "handover")
    page = rig.ask(TakePage(by="c-1"))

    shut(rig, permit, witness="s-1", page=page.page)

    one = rig.entries("handover")[0]
    assert (one.giver, one.receiver, one.witness) == ("c-1", "k-1", "s-1")
    assert one.sample.sha256 == page.page
    rig.until(lambda view: view.photos_waiting == 0 and view.undelivered == 0)
    assert one.sample.sealed_sha256 in rig.gateway.photos


def test_sample_for_a_registration_names_two_persons_and_the_imprint(rig: Any) -> None:
    permit = opened(rig, "sample")
    page = rig.ask(TakePage(by="c-1"))

    shut(rig, permit, page=page.page)

    one = rig.entries("seal-sample")[0]
    assert (one.by, one.second, one.permit) == ("c-1", "k-1", permit)
    assert one.sample.sha256 == page.page
    assert rig.until(lambda view: not view.custody[0].permit).custody[0].place == "in"


def test_sample_without_a_photo_is_refused(rig: Any) -> None:
    permit = opened(rig, "sample")
    rig.controller.set(door_closed=True)
    rig.until(lambda view: view.custody[0].shut)

    command = ShutHatch(by="c-1", second="k-1", permit=permit, counted=0)

    assert refusal(rig, command) == "sample-missing"


@pytest.mark.parametrize("witness", ["", "c-1", "k-1"])
def test_handover_needs_a_third_person(rig: Any, witness: str) -> None:
    permit = opened(rig, "handover")
    page = rig.ask(TakePage(by="c-1"))
    rig.controller.set(door_closed=True)
    rig.until(lambda view: view.custody[0].shut)

    command = ShutHatch(
        by="c-1", second="k-1", permit=permit, counted=0, witness=witness, page=page.page
    )

    assert refusal(rig, command) == "witness-same"


def test_opening_is_not_settled_while_the_hatch_is_open(rig: Any) -> None:
    permit = opened(rig, "service")

    command = ShutHatch(by="c-1", second="k-1", permit=permit, counted=0, works=("ink",))

    assert refusal(rig, command) == "hatch-open"


def test_lost_seal_stamps_nothing_at_once_without_a_network(rig: Any) -> None:
    request = rig.approved()
    rig.gateway.answering = False

    rig.ask(ReportLost(by="c-1", seal=SEAL))

    with pytest.raises(PermitRefusedError, match="seal-lost"):
        rig.ask(BeginJob(by="c-1", request=request.request))
    assert rig.entries("seal-state")[0].state == "lost"


def test_seal_that_the_township_reports_lost_stamps_nothing(rig: Any) -> None:
    request = rig.approved()
    body = SealState(state="lost", seal=SEAL, by="b-1", machine=MACHINE)
    rig.gateway.say(f"state-{SEAL}", body)

    rig.until(lambda view: view.custody[0].place == "lost")

    with pytest.raises(PermitRefusedError, match="seal-lost"):
        rig.ask(BeginJob(by="c-1", request=request.request))


def test_hatch_that_the_controller_refuses_is_said_and_can_be_settled(rig: Any) -> None:
    permit = permitted(rig, "service")
    rig.controller.refuses = True

    command = OpenHatch(by="c-1", second="k-1", permit=permit)

    assert refusal(rig, command) == "hatch-refused"
    rig.ask(ShutHatch(by="c-1", second="k-1", permit=permit, counted=0, works=("inspection",)))
    assert [one.step for one in rig.entries("hatch")] == ["opened", "closed"]


def test_held_machine_can_be_opened_for_repair(rig: Any) -> None:
    rig.hold()

    permit = opened(rig, "service")
    shut(rig, permit, works=("repair",))

    assert rig.until(lambda _: True).hold is not None
    rig.gateway.release(2)
    rig.until(lambda view: view.hold is None and view.state == "idle")
