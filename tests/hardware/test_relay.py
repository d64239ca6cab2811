"""Profile A: the board's registers, boards without inputs, what a lost answer proves."""

from __future__ import annotations

import time

import pytest

from hardware import (
    BoardUnsafeError,
    DriverError,
    GrantUnknownError,
    LockJammedError,
    LockRefusedError,
    LockSilentError,
    Settlement,
    frames,
)
from hardware.firmware import registers as r
from hardware.loader import load_controller

JOB = bytes(range(16))
PULSE = bytes.fromhex("05020000")


def is_pulse(frame):
    return frame[1:].startswith(PULSE)


def test_modes_are_written_zero_and_read_back_at_every_start(relay_bus, relay):
    relay.start()
    relay.start()

    zeros = frames.write_registers(0x1000, (0,) * 8)
    assert relay_bus.sent(zeros) == 2
    assert relay_bus.sent(frames.read_request(3, 0x1000, 8)) == 4


def test_linkage_mode_is_put_right_and_said(relay_bus, relay):
    relay_bus.model.modes = [1] + [0] * 7

    report = relay.start()

    assert report.alarms == ("mode-was-set",)
    assert relay_bus.model.modes == [0] * 8


def test_board_that_stays_in_linkage_mode_is_refused(relay_bus, relay):
    relay_bus.model.modes = [1] + [0] * 7
    relay_bus.model.mode_stuck = True

    with pytest.raises(BoardUnsafeError, match="relay control mode"):
        relay.start()


def test_board_whose_relay_stays_on_is_refused(relay_bus, relay):
    relay_bus.model.relay_stuck = True

    with pytest.raises(BoardUnsafeError, match="every output off"):
        relay.start()


def test_profile_b_controller_behind_this_driver_is_refused(mcu_bus):
    controller = load_controller("relay", {"port": mcu_bus.port})

    with pytest.raises(BoardUnsafeError, match="checks driver and board"):
        controller.start()

    controller.stop()


def test_lock_is_pulsed_for_the_window_in_tenths(relay_bus, relay):
    relay.start()

    relay.grant(JOB, 2.94)

    (pulse,) = [frame for frame in relay_bus.wire if is_pulse(frame)]
    assert pulse[1:-2] == frames.write_coil(0x0200, 29)


def test_window_of_a_lost_answer_without_a_press_is_settled_by_edges(relay_bus, relay, mechanism):
    relay.start()
    relay_bus.spoil = lambda frame, reply: (b"" if is_pulse(frame) else reply, 0.0)

    with pytest.raises(GrantUnknownError):
        relay.grant(JOB, 1.5)
    settlement = relay.settle(None, 1.5)

    assert settlement == Settlement(minimum=0, maximum=0, evidence="edges")
    assert mechanism.impressions == 0


def test_settle_ends_the_window_once_the_press_is_made(relay_bus, relay, mechanism):
    relay.start()
    mechanism.planned, mechanism.after_ms = 2, 400
    relay_bus.spoil = lambda frame, reply: (b"" if is_pulse(frame) else reply, 0.0)
    with pytest.raises(GrantUnknownError):
        relay.grant(JOB, 8.0)
    began = time.monotonic()

    settlement = relay.settle(None, 8.0)

    assert time.monotonic() - began < 4
    assert settlement == Settlement(minimum=1, maximum=1, evidence="edges")
    assert mechanism.impressions == 1


def test_settle_ends_the_window_at_once_when_the_door_opens(relay_bus, relay, mechanism):
    relay.start()
    relay_bus.spoil = lambda frame, reply: (b"" if is_pulse(frame) else reply, 0.0)
    with pytest.raises(GrantUnknownError):
        relay.grant(JOB, 8.0)
    mechanism.set(r.DOOR_CLOSED, 0)
    began = time.monotonic()

    relay.settle(None, 8.0)

    assert time.monotonic() - began < 1.0
    assert not relay_bus.model.outputs & 1


def test_after_a_restart_nothing_can_be_proved(relay_bus, relay, mechanism):
    relay.start()

    settlement = relay.settle(None, 3.0)

    assert settlement == Settlement(minimum=0, maximum=3, evidence="unprovable")


def test_press_that_hides_in_a_silent_line_is_not_denied(relay_bus, relay, mechanism):
    relay.start()
    mechanism.planned, mechanism.after_ms = 1, 0
    silent_until = time.monotonic() + 1.6
    relay_bus.spoil = lambda frame, reply: (
        (b"", 0.0) if time.monotonic() < silent_until else (reply, 0.0)
    )
    with pytest.raises(GrantUnknownError):
        relay.grant(JOB, 2.5)
    relay_bus.until(lambda: time.monotonic() >= silent_until)

    settlement = relay.settle(None, 2.5)

    assert mechanism.impressions == 1
    assert settlement.evidence == "unprovable"
    assert settlement.minimum <= 1 <= settlement.maximum


def test_pulse_refused_by_the_board_moved_nothing(relay_bus, relay):
    relay.start()
    relay_bus.spoil = lambda frame, reply: (
        (frames.encode(1, frames.exception_reply(5, 4)), 0.0) if is_pulse(frame) else (reply, 0.0)
    )

    with pytest.raises(LockRefusedError) as refused:
        relay.grant(JOB, 3.0)

    assert refused.value.reason == "exception-4"
    assert not relay.read().unlocked


def test_cut_tamper_loop_is_said(relay, mechanism):
    relay.start()
    mechanism.set(r.TAMPER_OK, 0)

    assert relay.read().alarms == ("tamper",)


def test_open_door_is_an_alarm_only_while_unlocked(relay, mechanism):
    relay.start()
    mechanism.set(r.DOOR_CLOSED, 0)
    assert relay.read().alarms == ()

    relay.grant(JOB, 3.0)

    assert relay.read().alarms == ("door",)


def test_blind_time_is_the_longest_without_a_reading(relay_bus, relay):
    relay.start()
    relay.grant(JOB, 3.0)
    relay.read()
    relay_bus.let_see(200)

    assert 200 <= relay.read().blind_ms < 600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": 0}, "unit of 1..247"),
        ({"unit": 248}, "unit of 1..247"),
        ({"timeout_s": 0.0}, "over 0"),
        ({"board": "nonesuch"}, "lctech, r421a08, waveshare-d"),
        ({"board": "r421a08"}, "inputs_unit"),
        ({"mechanics": "motor"}, "emergency_stop and guard"),
        ({"mechanics": "motor", "emergency_stop": "S1"}, "emergency_stop and guard"),
        ({"press_pulse_s": 11.0}, "press_pulse_s"),
    ],
)
def test_options_that_may_not_be_used_are_refused(relay_bus, options, message):
    with pytest.raises(DriverError, match=message):
        load_controller("relay", {"port": relay_bus.port, **options})


@pytest.mark.parametrize(
    "options", [{"simulator": True}, {"emergency_stop": "S1, mains contactor K1", "guard": "B2"}]
)
def test_motor_is_connected_when_made_safe_or_simulated(relay_bus, options):
    controller = load_controller("relay", {"port": relay_bus.port, "mechanics": "motor", **options})

    controller.stop()


def test_motor_is_pulsed_after_the_bolt_is_in(relay_bus, mechanism):
    controller = load_controller(
        "relay", {"port": relay_bus.port, "mechanics": "motor", "simulator": True}
    )
    controller.start()

    controller.grant(JOB, 3.0)

    pulses = [frame[1:-2] for frame in relay_bus.wire if frame[1:].startswith(b"\x05\x02")]
    assert pulses == [frames.write_coil(0x0200, 30), frames.write_coil(0x0201, 10)]
    controller.stop()


def test_motor_does_not_run_while_the_bolt_is_jammed(relay_bus, mechanism):
    controller = load_controller(
        "relay", {"port": relay_bus.port, "mechanics": "motor", "simulator": True}
    )
    controller.start()
    mechanism.jammed = True

    with pytest.raises(LockJammedError):
        controller.grant(JOB, 3.0)

    assert relay_bus.sent(bytes.fromhex("050201")) == 0
    assert relay_bus.model.outputs == 0
    controller.stop()


def test_board_that_refuses_to_switch_off_is_refused(relay_bus, relay):
    relay_bus.spoil = lambda frame, reply: (
        (frames.encode(1, frames.exception_reply(5, 2)) if frame[1] == 5 else reply),
        0.0,
    )

    with pytest.raises(BoardUnsafeError, match="switch off"):
        relay.start()


@pytest.mark.parametrize(("board", "starts"), [("waveshare-d", False), ("lctech", True)])
def test_silence_on_the_probe_is_taken_only_from_a_board_known_for_it(relay_bus, board, starts):
    relay_bus.deaf_to = lambda frame: frame[1] == 4
    relay_bus.spoil = (
        lambda frame, reply: (  # the model's coils, in LC-Tech's dialect
            frames.encode(1, frames.write_reply(frame[1:-2])) if frame[1] == 0x0F else reply,
            0.0,
        )
    )
    options = {"port": relay_bus.port, "board": board, "timeout_s": 0.1}
    controller = load_controller("relay", options)

    if starts:
        assert controller.start().inputs.door_closed
    else:
        with pytest.raises(LockSilentError):
            controller.start()
    controller.stop()


def test_press_that_never_returns_is_not_settled_as_none(relay_bus, relay, mechanism):
    relay.start()
    mechanism.planned, mechanism.after_ms = 1, 0
    relay.grant(JOB, 3.0)
    while not relay.read().pressing:
        pass
    mechanism.stuck = True

    settlement = relay.settle(None, 3.0)

    assert settlement == Settlement(minimum=0, maximum=3, evidence="unprovable")


def test_motor_window_holds_one_press_at_most(relay_bus):
    options = {"port": relay_bus.port, "mechanics": "motor", "simulator": True}
    controller = load_controller("relay", options)
    controller.start()

    assert controller.settle(None, 3.0).maximum == 1
    controller.stop()


def test_missing_port_is_a_silent_lock():
    with pytest.raises(LockSilentError, match="/dev/nonesuch"):
        load_controller("relay", {"port": "/dev/nonesuch"})
