"""What every controller promises, checked on both profiles over a pseudo-terminal."""

from __future__ import annotations

import time

import pytest

from hardware import GrantUnknownError, LockSilentError, LockState, Settlement
from hardware.firmware import registers as r
from hardware.loader import load_controller

JOB = bytes(range(16))
PULSE = bytes.fromhex("050200")  # A: LOCK on for a time
UNLOCK = bytes.fromhex("109240000204")  # B: any command; its second word says which

pytestmark = pytest.mark.slow


@pytest.fixture(params=["relay", "mcu"])
def bus(request):
    return request.getfixturevalue(f"{request.param}_bus")


@pytest.fixture
def controller(request, bus):
    return request.getfixturevalue(request.node.callspec.params["bus"])


def is_grant(frame):
    """The one request that opens the lock."""
    pdu = frame[1:-2]
    return pdu.startswith(PULSE) or (pdu.startswith(UNLOCK) and pdu[8:10] == b"\x00\x02")


def grants(bus):
    return sum(is_grant(frame) for frame in bus.wire)


def read_until(controller, happened, limit_s=4.0):
    """Read as the agent does until the report shows it."""
    deadline = time.monotonic() + limit_s
    while not happened(report := controller.read()):
        assert time.monotonic() < deadline, report
    return report


def strokes_of(controller):
    return controller.read().strokes


def test_hatch_is_freed_for_its_pulse_and_the_press_stays_locked(bus, controller):
    controller.start()

    controller.open_hatch(JOB, 1.0)
    freed = bus.model.outputs
    report = read_until(controller, lambda report: not bus.model.outputs >> r.HATCH & 1)

    assert freed >> r.HATCH & 1
    assert not freed >> r.LOCK & 1
    assert report.inputs.lock is LockState.LOCKED
    assert grants(bus) == 0


def test_lock_ends_the_hatch_before_its_time(bus, controller):
    controller.start()
    controller.open_hatch(JOB, 10.0)

    controller.lock()

    assert not bus.model.outputs >> r.HATCH & 1


def test_grant_works_again_once_the_hatch_is_over(bus, controller, mechanism):
    mechanism.planned = 1
    controller.start()
    controller.open_hatch(JOB, 1.0)
    controller.lock()

    controller.grant(JOB, 3.0)
    report = read_until(controller, lambda report: report.presses == 1)
    controller.lock()

    assert report.presses == 1


def test_start_switches_everything_off_and_reads(bus, controller):
    report = controller.start()

    assert bus.wire[0][1:-2] == bytes.fromhex("0500ff0000")
    assert bus.model.outputs == 0
    assert report.inputs.lock is LockState.LOCKED
    assert (report.presses, report.pressing, report.unlocked, report.alarms) == (
        0,
        False,
        False,
        (),
    )


def test_one_grant_makes_one_impression_possible(bus, controller, mechanism):
    mechanism.planned = 1
    controller.start()
    before = strokes_of(controller)

    controller.grant(JOB, 3.0)
    read_until(controller, lambda report: report.presses == 1)
    controller.lock()
    report = read_until(controller, lambda report: report.inputs.bolt_out)

    assert mechanism.impressions == 1
    assert grants(bus) == 1
    assert (report.presses, report.pressing, report.unlocked) == (1, False, False)
    assert before is None or report.strokes == before + 1


def test_lock_ends_the_window_before_its_time(bus, controller, mechanism):
    controller.start()
    controller.grant(JOB, 3.0)
    read_until(controller, lambda report: report.unlocked and not report.inputs.bolt_out)

    controller.lock()

    assert not bus.model.outputs & 1
    assert not read_until(controller, lambda report: report.inputs.bolt_out).unlocked


def test_lock_closes_by_itself_when_the_agent_is_dead(bus, controller, mechanism):
    controller.start()
    controller.grant(JOB, 0.5)
    opened = time.monotonic()

    while bus.model.outputs & 1:
        assert time.monotonic() - opened < 0.8
        time.sleep(0.005)

    assert time.monotonic() - opened > 0.3


def test_lost_reply_is_one_grant_on_the_wire_and_one_impression(bus, controller, mechanism):
    mechanism.planned, mechanism.after_ms = 1, 600
    controller.start()
    before = strokes_of(controller)
    lost = []

    def lose_once(frame, reply):
        if is_grant(frame) and not lost:
            lost.append(frame)
            return b"", 0.0
        return reply, 0.0

    bus.spoil = lose_once
    try:
        controller.grant(JOB, 3.0)
        read_until(controller, lambda report: report.presses == 1)
        settlement = Settlement(minimum=1, maximum=1, evidence="counter")
    except GrantUnknownError:
        settlement = controller.settle(before, 3.0)

    assert len(lost) == 1
    assert grants(bus) == 1
    assert mechanism.impressions == 1
    assert (settlement.minimum, settlement.maximum) == (1, 1)
    assert settlement.evidence == ("edges" if before is None else "counter")


def test_grant_that_never_arrived_is_settled_as_nothing(bus, controller, mechanism):
    mechanism.planned = 1
    controller.start()
    before = strokes_of(controller)
    bus.deaf_to = is_grant

    with pytest.raises(GrantUnknownError):
        controller.grant(JOB, 3.0)
    settlement = controller.settle(before, 3.0)

    assert (settlement.minimum, settlement.maximum) == (0, 0)
    assert settlement.evidence == ("not-received" if before is None else "counter")
    assert mechanism.impressions == 0


def test_reads_are_repeated_when_a_reply_is_damaged(bus, controller):
    controller.start()
    spoiled = []

    def damage_once(frame, reply):
        if not spoiled:
            spoiled.append(frame)
            return reply[:-1] + bytes((reply[-1] ^ 1,)), 0.0
        return reply, 0.0

    bus.spoil = damage_once
    report = controller.read()

    assert spoiled
    assert report.inputs.door_closed


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda frame, reply: (b"", 0.0), id="no-reply"),
        pytest.param(lambda frame, reply: (reply[:-1] + b"\x00\x01", 0.0), id="bad-crc"),
        pytest.param(lambda frame, reply: (reply[: len(reply) // 2], 0.0), id="half-frame"),
        pytest.param(lambda frame, reply: (b"\x02" + reply[1:], 0.0), id="wrong-unit"),
    ],
)
def test_controller_that_never_answers_rightly_is_silent(bus, controller, spoil):
    controller.start()
    bus.spoil = spoil

    with pytest.raises(LockSilentError):
        controller.read()
    with pytest.raises(LockSilentError):
        controller.lock()


def test_late_reply_is_not_taken_for_the_answer_to_the_next_reading(bus, controller, mechanism):
    controller.start()
    late = []

    def be_late(frame, reply):
        if frame[1] == 2 and len(late) < 3:
            late.append(frame)
            return reply, 1.0
        return reply, 0.0

    bus.spoil = be_late
    mechanism.set(r.PAPER, 0)  # the late replies say: no paper
    with pytest.raises(LockSilentError):
        controller.read()
    mechanism.set(r.PAPER, 1)

    papers = []
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        papers.append(controller.read().inputs.paper)

    assert len(late) == 3
    assert all(papers)


def test_signal_leaves_the_lock_alone_and_swallows_failure(bus, controller):
    controller.start()
    controller.grant(JOB, 3.0)

    controller.signal(ok=True, light=True)
    assert bus.model.outputs == 1 << r.LOCK | 1 << r.LED_OK | 1 << r.LIGHT
    controller.signal(alarm=True)
    assert bus.model.outputs == 1 << r.LOCK | 1 << r.LED_ALARM

    bus.deaf_to = lambda frame: True
    controller.signal(ok=True)


def test_stop_switches_off_and_never_raises(bus, controller):
    controller.start()
    controller.grant(JOB, 3.0)

    controller.stop()
    controller.stop()

    assert bus.model.outputs == 0


def test_acknowledging_nothing_sends_nothing(bus, controller):
    controller.start()
    sent = len(bus.wire)

    assert controller.acknowledge(())

    assert not any(frame[1] in (5, 6, 15, 16) for frame in bus.wire[sent:])


def test_stop_of_a_dead_line_does_not_raise(bus, controller):
    controller.start()
    bus.deaf_to = lambda frame: True

    controller.stop()


def test_port_is_held_exclusively(bus, controller, key_file):
    options = {"port": bus.port}
    if controller.profile == "B":
        options["machine_key"] = str(key_file)

    with pytest.raises(LockSilentError, match="no other program"):
        load_controller("relay" if controller.profile == "A" else "mcu", options)


@pytest.mark.parametrize(("job", "window_s"), [(b"short", 3.0), (JOB, 0.0), (JOB, 10.1)])
def test_grant_outside_its_terms_is_not_sent(bus, controller, job, window_s):
    controller.start()

    with pytest.raises(ValueError, match="expected a job of 16 bytes"):
        controller.grant(job, window_s)

    assert grants(bus) == 0


def test_nothing_is_ever_sent_to_all_units(bus, controller, mechanism):
    mechanism.planned = 1
    controller.start()
    controller.grant(JOB, 1.0)
    controller.lock()
    controller.stop()

    assert {frame[0] for frame in bus.wire} == {1}


def test_no_plain_on_is_ever_sent_to_what_moves(bus, controller):
    controller.start()
    controller.grant(JOB, 1.0)
    controller.signal(ok=True, alarm=True, light=True)
    controller.lock()
    controller.stop()

    plain = [f[1:-2] for f in bus.wire if f[1] == 5 and f[4:6] == b"\xff\x00"]
    assert {pdu[2] for pdu in plain} == {r.LED_OK, r.LED_ALARM, r.LIGHT}
    assert not any(frame[1] == 0x0F for frame in bus.wire)


def test_settle_after_an_answered_grant_switches_off_at_once(bus, controller, mechanism):
    controller.start()
    before = strokes_of(controller)
    controller.grant(JOB, 8.0)
    read_until(controller, lambda report: not report.inputs.bolt_out)
    began = time.monotonic()

    settlement = controller.settle(before, 8.0)

    assert time.monotonic() - began < 0.5
    assert not bus.model.outputs & 1
    assert (settlement.minimum, settlement.maximum) == (0, 0)


def test_settle_waits_for_a_press_that_has_begun(bus, controller, mechanism):
    mechanism.planned, mechanism.after_ms = 1, 0
    controller.start()
    before = strokes_of(controller)
    controller.grant(JOB, 3.0)
    read_until(controller, lambda report: report.pressing)

    settlement = controller.settle(before, 3.0)

    assert mechanism.impressions == 1
    assert (settlement.minimum, settlement.maximum) == (1, 1)


def test_settle_may_be_repeated(bus, controller, mechanism):
    mechanism.planned = 1
    controller.start()
    before = strokes_of(controller)
    controller.grant(JOB, 3.0)
    read_until(controller, lambda report: report.presses == 1)

    first = controller.settle(before, 3.0)

    assert controller.settle(before, 3.0) == first
