"""Profile B: grants under sequence numbers and MAC, the watchdog, what the counter proves."""

from __future__ import annotations

import time

import pytest

from hardware import (
    BoardUnsafeError,
    DriverError,
    GrantUnknownError,
    LockRefusedError,
    LockSilentError,
    Settlement,
    frames,
)
from hardware.firmware import registers as r
from hardware.loader import load_controller

JOB = bytes(range(16))
COMMAND = bytes.fromhex("109240")


def commands(bus):
    """Sequence numbers and commands in the order in which they were on the wire."""
    found = [frame[1:-2] for frame in bus.wire if frame[1:].startswith(COMMAND)]
    return [tuple(frames.parse_request(pdu).values) for pdu in found]


def test_grant_is_arm_and_unlock_under_the_next_numbers(mcu_bus, mcu):
    mcu.start()

    mcu.grant(JOB, 3.0)

    assert commands(mcu_bus) == [(1, r.ARM), (2, r.UNLOCK)]
    assert mcu.read().unlocked


def test_numbers_go_on_after_the_agent_restarts(mcu_bus, mcu, key_file):
    mcu.start()
    mcu.grant(JOB, 0.5)
    mcu.stop()

    again = load_controller("mcu", {"port": mcu_bus.port, "machine_key": str(key_file)})
    again.start()
    again.grant(JOB, 0.5)

    assert commands(mcu_bus)[-2:] == [(3, r.ARM), (4, r.UNLOCK)]
    again.stop()


def test_lost_command_goes_out_again_under_its_number_and_acts_once(mcu_bus, mcu, mechanism):
    mcu.start()
    lost = []

    def hears(frame):
        if frame[1:].startswith(COMMAND) and len(lost) < 1:
            lost.append(frame)
            return True
        return False

    mcu_bus.deaf_to = hears
    mcu.grant(JOB, 3.0)

    assert commands(mcu_bus) == [(1, r.ARM), (1, r.ARM), (2, r.UNLOCK)]
    assert mcu.read().unlocked


def test_lost_answer_to_unlock_is_not_sent_again(mcu_bus, mcu):
    mcu.start()
    mcu_bus.spoil = lambda frame, reply: (b"" if frame[1:].startswith(COMMAND) else reply, 0.0)

    mcu.grant(JOB, 3.0)

    assert commands(mcu_bus) == [(1, r.ARM), (2, r.UNLOCK)]


def test_silence_after_unlock_is_an_unknown_grant_and_the_counter_settles_it(
    mcu_bus, mcu, mechanism
):
    mechanism.planned, mechanism.after_ms = 1, 0
    mcu.start()
    silent = []

    def go_silent(frame, reply):
        if frame[1:].startswith(COMMAND) and frame[9:11] == b"\x00\x02" and not silent:
            silent.append(time.monotonic() + 1.8)
        return (b"" if silent and time.monotonic() < silent[0] else reply), 0.0

    mcu_bus.spoil = go_silent
    with pytest.raises(GrantUnknownError):
        mcu.grant(JOB, 3.0)
    mcu_bus.until(lambda: time.monotonic() >= silent[0])

    assert mcu.settle(0, 3.0) == Settlement(minimum=1, maximum=1, evidence="counter")
    assert mechanism.impressions == 1


def test_counter_settles_after_the_agent_was_dead_in_the_window(mcu_bus, mcu, mechanism, key_file):
    mechanism.planned = 1
    mcu.start()
    mcu.grant(JOB, 3.0)
    mcu_bus.until(lambda: mechanism.impressions == 1 and not mechanism.is_pressing)
    mcu._line.close()  # the process is gone; nobody switched anything off

    again = load_controller("mcu", {"port": mcu_bus.port, "machine_key": str(key_file)})
    report = again.start()

    assert report.strokes == 1
    assert again.settle(0, 3.0) == Settlement(minimum=1, maximum=1, evidence="counter")
    again.stop()


def test_press_while_the_controller_had_no_power_is_not_denied(mcu_bus, mcu, mechanism, key_file):
    mcu.start()
    mcu.grant(JOB, 3.0)
    mechanism.planned = 1
    mcu_bus.until(lambda: not mechanism.inputs >> r.PRESS_TOP & 1)
    mcu_bus.let_see()

    mcu_bus.model.restart()
    mcu_bus.until(lambda: not mechanism.is_pressing)
    for _ in range(2):
        report = mcu.start()
        assert "power-lost-pressing" in report.alarms
    assert "power-lost-pressing" not in mcu.read().alarms

    settlement = mcu.settle(0, 3.0)
    assert settlement.minimum <= mechanism.impressions <= settlement.maximum


def test_counter_that_went_back_proves_nothing(mcu_bus, mcu):
    mcu.start()

    assert mcu.settle(5, 3.0) == Settlement(minimum=0, maximum=6, evidence="unprovable")


def test_settle_says_unprovable_while_the_press_stays_down(mcu_bus, mcu, mechanism):
    mcu.start()
    mechanism.planned, mechanism.after_ms = 1, 0
    mcu.grant(JOB, 1.0)
    while not mcu.read().pressing:
        pass
    mechanism.stuck = True

    assert mcu.settle(0, 1.0) == Settlement(minimum=0, maximum=1, evidence="unprovable")


def test_grant_while_another_is_open_is_refused(mcu_bus, mcu):
    mcu.start()
    mcu.grant(JOB, 3.0)

    with pytest.raises(LockRefusedError) as refused:
        mcu.grant(JOB, 3.0)

    assert refused.value.reason == "busy"


def test_nonce_that_ran_out_meanwhile_is_read_again(mcu_bus, mcu):
    mcu.start()
    renewed = []

    def renew_once(frame):
        if frame[1:].startswith(COMMAND) and not renewed:
            renewed.append(frame)
            mcu_bus.model.firmware._renew_nonce()
        return False

    mcu_bus.deaf_to = renew_once
    mcu.grant(JOB, 3.0)

    assert [command for _, command in commands(mcu_bus)] == [r.ARM, r.ARM, r.UNLOCK]


def test_command_that_never_arrives_is_silent_and_sent_three_times_under_one_number(mcu_bus, mcu):
    mcu.start()
    mcu_bus.deaf_to = lambda frame: frame[1:].startswith(COMMAND)

    with pytest.raises(LockSilentError) as silent:
        mcu.grant(JOB, 3.0)

    assert not isinstance(silent.value, GrantUnknownError)  # UNLOCK was never sent
    assert commands(mcu_bus) == [(1, r.ARM)] * 3


def test_settle_without_a_journaled_counter_proves_nothing(mcu_bus, mcu):
    mcu.start()

    assert mcu.settle(None, 3.0).evidence == "unprovable"


@pytest.mark.slow
def test_reading_keeps_the_watchdog_from_running_out(mcu_bus, mcu):
    mcu.start()
    mcu.grant(JOB, 4.0)
    until = time.monotonic() + 3.0

    while time.monotonic() < until:
        report = mcu.read()
        mcu_bus.let_see(100)

    assert report.unlocked
    assert report.alarms == ()


@pytest.mark.slow
def test_silence_of_the_agent_drops_the_lock_by_the_watchdog(mcu_bus, mcu):
    mcu.start()
    mcu.grant(JOB, 8.0)
    began_s = time.monotonic()

    mcu_bus.until(lambda: not mcu_bus.model.outputs & 1)

    assert time.monotonic() - began_s < 6.0, "long before the window is over"
    assert "watchdog" in mcu.read().alarms


@pytest.mark.parametrize(
    ("number", "reason"),
    [(r.DOOR_CLOSED, "door-open"), (r.PAPER, "no-paper"), (r.SEAL_PRESENT, "no-seal")],
)
def test_grant_says_which_interlock_refused_it(mcu_bus, mcu, mechanism, number, reason):
    mcu.start()
    mechanism.set(number, 0)

    with pytest.raises(LockRefusedError) as refused:
        mcu.grant(JOB, 3.0)

    assert refused.value.reason == reason
    assert not mcu_bus.model.outputs & 1


def test_grant_with_another_machines_key_is_refused(mcu_bus, mcu, key_file):
    mcu_bus.model.firmware._key = bytes(32)
    mcu.start()

    with pytest.raises(LockRefusedError) as refused:
        mcu.grant(JOB, 3.0)

    assert refused.value.reason == "bad-mac"


def be_tampered_with(bus, mechanism):
    """Open the tamper loop for a moment."""
    mechanism.set(r.TAMPER_OK, 0)
    bus.let_see()
    mechanism.set(r.TAMPER_OK, 1)
    bus.let_see()


def test_alarm_stays_over_starts_until_it_is_acknowledged(mcu_bus, mcu, mechanism):
    mcu.start()
    be_tampered_with(mcu_bus, mechanism)
    with pytest.raises(LockRefusedError) as refused:
        mcu.grant(JOB, 3.0)
    assert refused.value.reason == "alarm"

    found = [mcu.start().alarms, mcu.start().alarms]

    assert found == [("tamper",), ("tamper",)]
    assert mcu.acknowledge(("tamper",))
    assert mcu.read().alarms == ()
    mcu.grant(JOB, 3.0)


def test_alarm_that_came_meanwhile_is_not_acknowledged_with_the_others(mcu_bus, mcu, mechanism):
    be_tampered_with(mcu_bus, mechanism)
    known = mcu.start().alarms
    mechanism.set(r.PRESS_BOTTOM, 1)
    mcu_bus.let_see()
    mechanism.set(r.PRESS_BOTTOM, 0)
    mcu_bus.let_see()

    assert not mcu.acknowledge(known)

    assert {"tamper", "press-sensor"} <= set(mcu.read().alarms)


def test_alarm_whose_cause_stands_is_not_acknowledged(mcu_bus, mcu, mechanism):
    mechanism.set(r.TAMPER_OK, 0)
    mcu_bus.let_see()
    known = mcu.start().alarms

    assert not mcu.acknowledge(known)

    assert mcu.read().alarms == ("tamper",)


def test_alarm_whose_cause_stands_does_not_stop_the_start(mcu_bus, mcu, mechanism):
    mechanism.set(r.TAMPER_OK, 0)
    mcu_bus.let_see()

    assert mcu.start().alarms == ("tamper",)
    assert mcu.read().alarms == ("tamper",)


def test_reset_of_the_controller_is_said(mcu_bus, mcu):
    mcu.start()
    mcu_bus.model.restart()

    assert "reset" in mcu.read().alarms
    assert "reset" not in mcu.start().alarms


def test_relay_board_behind_this_driver_is_refused(relay_bus, key_file):
    controller = load_controller("mcu", {"port": relay_bus.port, "machine_key": str(key_file)})

    with pytest.raises(BoardUnsafeError, match="seal controller"):
        controller.start()

    controller.stop()


def test_wrong_unit_is_silent(mcu_bus, key_file):
    options = {"port": mcu_bus.port, "machine_key": str(key_file), "unit": 2, "timeout_s": 0.05}
    controller = load_controller("mcu", options)

    with pytest.raises(LockSilentError):
        controller.start()

    controller.stop()


def test_key_file_that_others_may_read_is_refused(mcu_bus, key_file):
    key_file.chmod(0o640)

    with pytest.raises(DriverError, match="chmod 600"):
        load_controller("mcu", {"port": mcu_bus.port, "machine_key": str(key_file)})


@pytest.mark.parametrize(
    ("content", "good"),
    [(bytes(32), True), (b"ab" * 32 + b"\n", True), (bytes(31), False), (b"xy" * 32, False)],
)
def test_key_file_has_32_bytes_or_64_hex_digits(mcu_bus, key_file, content, good):
    key_file.write_bytes(content)
    options = {"port": mcu_bus.port, "machine_key": str(key_file)}

    if good:
        load_controller("mcu", options).stop()
    else:
        with pytest.raises(DriverError, match="64 hex digits"):
            load_controller("mcu", options)


def test_missing_key_file_is_refused(mcu_bus, tmp_path):
    with pytest.raises(DriverError, match=r"none\.key"):
        load_controller("mcu", {"port": mcu_bus.port, "machine_key": str(tmp_path / "none.key")})


@pytest.mark.parametrize("watchdog_s", [0.0, 10.1])
def test_watchdog_outside_the_hardware_is_refused(mcu_bus, key_file, watchdog_s):
    options = {"port": mcu_bus.port, "machine_key": str(key_file), "watchdog_s": watchdog_s}

    with pytest.raises(DriverError, match="watchdog_s"):
        load_controller("mcu", options)
