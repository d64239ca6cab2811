"""Firmware of profile B: grants, commands, interlocks, watchdog, memory."""

from __future__ import annotations

import struct

import pytest

from hardware import frames
from hardware.firmware import registers as r


def test_outputs_fall_before_anything_else_at_start(board, bench):
    assert board.history[0] == 0
    assert bench.state == r.LOCKED


def test_one_grant_opens_the_lock_and_one_press_closes_it(board, bench):
    bench.open()
    assert board.on(r.LOCK)
    assert bench.state == r.OPEN

    bench.push_down()
    assert not board.on(r.LOCK)
    bench.let_up()

    assert bench.strokes == 1
    assert bench.state == r.LOCKED
    assert bench.answer == (r.DONE, "none")
    assert bench.alarms == set()


def test_lock_closes_by_itself_when_the_pulse_is_over(board, bench):
    bench.ask(frames.write_register(r.WATCHDOG, 100))
    bench.open()

    bench.advance(2960)
    assert board.on(r.LOCK)
    bench.advance(40)

    assert not board.on(r.LOCK)
    assert bench.strokes == 0
    bench.advance(50)
    assert bench.state == r.LOCKED


def test_life_of_the_grant_cuts_the_pulse_short(board, bench):
    bench.write_grant(life_s=1)
    bench.command(r.ARM)
    bench.advance(600)
    bench.command(r.UNLOCK)

    bench.advance(380)
    assert board.on(r.LOCK)
    bench.advance(40)

    assert not board.on(r.LOCK)


def test_press_that_turns_back_half_way_is_not_counted(board, bench):
    bench.open()
    board.set(r.PRESS_TOP, 0)
    bench.advance(50)
    assert bench.state == r.STROKE

    board.set(r.PRESS_TOP, 1)
    bench.advance(50)

    assert bench.strokes == 0
    assert bench.state == r.OPEN


def test_second_press_in_one_window_is_counted_and_an_alarm(board, bench):
    board.follow_lock = False
    bench.open()
    board.set(r.BOLT_OUT, 0)
    bench.press()

    bench.press()

    assert bench.strokes == 2
    assert bench.alarms == {"second-press"}
    assert bench.state == r.ALARM


def test_press_without_grant_is_counted_and_an_alarm(bench):
    bench.press()

    assert bench.strokes == 1
    assert bench.alarms == {"press-without-grant"}
    assert bench.state == r.ALARM


def test_press_stuck_at_the_bottom_is_an_alarm_after_ten_seconds(bench):
    bench.ask(frames.write_register(r.WATCHDOG, 100))
    bench.open()
    bench.push_down()

    bench.advance(9800)
    assert "press-stuck" not in bench.alarms
    bench.advance(200)

    assert "press-stuck" in bench.alarms
    bench.let_up()
    assert bench.strokes == 1


def test_bolt_that_does_not_come_out_is_an_alarm(board, bench):
    board.follow_lock = False
    bench.open()
    board.set(r.BOLT_OUT, 0)
    bench.command(r.CANCEL)

    bench.advance(450)
    assert bench.alarms == set()
    bench.advance(100)

    assert bench.alarms == {"bolt-stuck"}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (r.DOOR_CLOSED, "door-open"),
        (r.SEAL_PRESENT, "no-seal"),
        (r.TAMPER_OK, "tamper"),
        (r.PAPER, "no-paper"),
        (r.PRESS_TOP, "press-not-at-top"),
        (r.MAINS_OK, "mains-lost"),
        (r.BOLT_OUT, "bolt-not-out"),
    ],
)
def test_unlock_is_rejected_when_an_interlock_is_open(board, bench, number, reason):
    bench.write_grant()
    bench.command(r.ARM)
    board.set(number, 0)

    bench.command(r.UNLOCK)

    assert bench.answer == (r.REJECTED, reason)
    assert not any(mask & 1 for mask in board.history)


def test_unlock_without_arm_is_rejected(board, bench):
    bench.command(r.UNLOCK)

    assert bench.answer == (r.REJECTED, "not-armed")
    assert not board.on(r.LOCK)


def test_rejected_unlock_uses_the_arm_up(board, bench):
    bench.write_grant()
    bench.command(r.ARM)
    board.set(r.PAPER, 0)
    bench.command(r.UNLOCK)
    board.set(r.PAPER, 1)

    bench.command(r.UNLOCK)

    assert bench.answer == (r.REJECTED, "not-armed")


def test_arm_expires_after_its_life(board, bench):
    bench.ask(frames.write_register(r.WATCHDOG, 100))
    bench.write_grant(life_s=2)
    bench.command(r.ARM)
    bench.advance(1990)
    assert bench.state == r.ARMED
    bench.advance(10)

    bench.command(r.UNLOCK)

    assert bench.answer == (r.REJECTED, "not-armed")


def test_wrong_mac_is_rejected(bench):
    bench.write_grant(key=bytes(32))

    bench.command(r.ARM)

    assert bench.answer == (r.REJECTED, "bad-mac")
    assert bench.state == r.LOCKED


@pytest.mark.parametrize(
    ("terms", "reason"),
    [({"strokes": 0}, "bad-strokes"), ({"strokes": 2}, "bad-strokes"),
     ({"life_s": 0}, "bad-time"), ({"life_s": 31}, "bad-time")],
)  # fmt: skip
def test_grant_outside_the_limits_is_rejected_although_its_mac_is_good(bench, terms, reason):
    bench.write_grant(**terms)

    bench.command(r.ARM)

    assert bench.answer == (r.REJECTED, reason)


def test_longest_life_is_accepted(bench):
    bench.write_grant(life_s=30)

    bench.command(r.ARM)

    assert bench.answer == (r.ACCEPTED, "none")


def test_nonce_serves_once(bench):
    nonce = struct.pack(">8H", *bench.words(r.NONCE, 8))
    bench.write_grant(nonce=nonce)
    bench.command(r.ARM)
    bench.command(r.CANCEL)

    bench.command(r.ARM)

    assert bench.answer == (r.REJECTED, "bad-mac")


def test_nonce_is_used_up_by_a_wrong_mac_too(bench):
    before = bench.words(r.NONCE, 8)
    bench.write_grant(key=bytes(32))

    bench.command(r.ARM)

    assert bench.words(r.NONCE, 8) != before


def test_nonce_is_renewed_after_thirty_seconds(bench):
    first = bench.words(r.NONCE, 8)
    bench.advance(29900)
    assert bench.words(r.NONCE, 8) == first

    bench.advance(100)

    assert bench.words(r.NONCE, 8) != first


def test_same_sequence_again_answers_alike_and_opens_nothing(board, bench):
    bench.open()
    bench.press()
    sequence = bench.words(0x9242, 1, function=3)[0]
    before = bench.answer

    reply = bench.command(r.UNLOCK, sequence)
    bench.advance(50)

    assert reply.exception is None
    assert bench.answer == before
    assert not board.on(r.LOCK)
    assert bench.long(0x901A) == 1


@pytest.mark.parametrize("step", [0, 2, 100, 0xFFFF])
def test_sequence_other_than_the_next_is_refused(bench, step):
    bench.command(r.CANCEL)
    bench.command(r.CANCEL)
    sequence = (2 + step) & 0xFFFF

    reply = bench.command(r.SELFTEST, sequence)

    assert reply.exception == (None if step == 0 else frames.ILLEGAL_VALUE)
    assert bench.words(0x9242, 1, function=3) == (2,)


def test_command_written_in_two_frames_is_refused(bench):
    first = bench.ask(frames.write_register(r.COMMAND, 1))
    second = bench.ask(frames.write_register(r.COMMAND + 1, r.CANCEL))

    assert (first.exception, second.exception) == (3, 3)


@pytest.mark.parametrize("coil", [r.LOCK, r.PRESS, r.PRESS_RETURN, r.HATCH])
def test_plain_on_for_what_moves_is_refused(board, bench, coil):
    single = bench.ask(frames.write_coil(coil, frames.COIL_ON))
    block = bench.ask(frames.write_coils(0, [n == coil for n in range(8)]))
    pulse = bench.ask(frames.write_coil(r.PULSE + coil, 10))

    assert [reply.exception for reply in (single, block, pulse)] == [3, 3, 3]
    assert board.history == [0]


def test_all_outputs_on_is_refused_and_all_off_is_served(board, bench):
    bench.ask(frames.write_coil(r.LIGHT, frames.COIL_ON))
    on = bench.ask(frames.write_coil(r.ALL_COILS, frames.COIL_ON))
    assert board.on(r.LIGHT)

    off = bench.ask(frames.write_coil(r.ALL_COILS, frames.COIL_OFF))

    assert (on.exception, off.exception) == (3, None)
    assert board.outputs == 0


@pytest.mark.parametrize("coil", [r.LIGHT, r.BUZZER, r.LED_OK, r.LED_ALARM])
def test_lamps_are_switched_and_pulsed(board, bench, coil):
    bench.ask(frames.write_coil(coil, frames.COIL_ON))
    assert board.on(coil)
    bench.ask(frames.write_coil(coil, frames.COIL_OFF))
    assert not board.on(coil)

    bench.ask(frames.write_coil(r.PULSE + coil, 7))
    bench.advance(690)
    assert board.on(coil)
    bench.advance(10)

    assert not board.on(coil)


def test_lamps_written_as_a_block_leave_the_open_lock_alone(board, bench):
    bench.open()

    bench.ask(frames.write_coils(r.LIGHT, [1, 0, 1, 0]))

    assert board.outputs == 1 << r.LOCK | 1 << r.LIGHT | 1 << r.LED_OK


def test_lock_switched_off_ends_the_grant(board, bench):
    bench.open()

    bench.ask(frames.write_coil(r.LOCK, frames.COIL_OFF))
    bench.advance(50)

    assert not board.on(r.LOCK)
    assert bench.state == r.LOCKED


def test_lost_link_drops_the_lock_and_leaves_an_event(board, bench):
    bench.open()
    bench.advance(1970)
    assert board.on(r.LOCK)

    bench.advance(30)

    assert not board.on(r.LOCK)
    assert "watchdog" in bench.alarms
    assert (r.E_WATCHDOG, r.OPEN) in bench.events()


def test_changing_heartbeat_keeps_the_lock_open(board, bench):
    bench.open()

    for value in range(1, 3):
        bench.advance(1000)
        bench.beat(value)

    assert board.on(r.LOCK)
    assert bench.alarms == set()


def test_heartbeat_that_never_changes_does_not_count(board, bench):
    bench.open()
    bench.beat(7)

    for _ in range(4):
        bench.advance(500)
        bench.beat(7)

    assert not board.on(r.LOCK)


def test_watchdog_of_zero_is_refused(bench):
    assert bench.ask(frames.write_register(r.WATCHDOG, 0)).exception == frames.ILLEGAL_VALUE
    assert bench.ask(frames.write_register(r.WATCHDOG, 1)).exception is None


@pytest.mark.parametrize(
    ("address", "value"),
    [(r.LOCK_PULSE, 101), (r.LOCK_PULSE, 0), (r.PRESS_PULSE, 51), (r.ARM_LIFE, 61)],
)
def test_limits_beyond_the_hardware_are_refused(bench, address, value):
    assert bench.ask(frames.write_register(address, value)).exception == frames.ILLEGAL_VALUE


def test_limits_cannot_be_changed_while_the_lock_is_open(bench):
    bench.open()

    assert bench.ask(frames.write_register(r.LOCK_PULSE, 100)).exception == frames.DEVICE_BUSY


@pytest.mark.parametrize(
    ("number", "alarm"), [(r.DOOR_CLOSED, "door"), (r.SEAL_PRESENT, "seal-missing")]
)
def test_open_door_or_missing_seal_closes_an_open_lock(board, bench, number, alarm):
    bench.open()
    board.set(number, 0)

    bench.advance(15)

    assert not board.on(r.LOCK)
    assert bench.alarms == {alarm}


def test_cut_tamper_loop_is_an_alarm_in_any_state(board, bench):
    board.set(r.TAMPER_OK, 0)

    bench.advance(15)

    assert bench.alarms == {"tamper"}
    assert bench.state == r.ALARM
    assert bench.long(0x901C) == 1


def test_tamper_flicker_shorter_than_noise_is_no_alarm(board, bench):
    board.set(r.TAMPER_OK, 0)
    bench.advance(5)
    board.set(r.TAMPER_OK, 1)

    bench.advance(50)

    assert bench.alarms == set()


def test_open_door_while_locked_is_an_event_and_no_alarm(board, bench):
    board.set(r.DOOR_CLOSED, 0)

    bench.advance(50)

    assert bench.alarms == set()
    assert (r.E_DOOR, r.LOCKED) in bench.events()


@pytest.mark.parametrize("number", [r.PAPER, r.MAINS_OK])
def test_paper_or_mains_lost_before_the_press_closes_without_alarm(board, bench, number):
    bench.open()
    board.set(number, 0)

    bench.advance(100)

    assert not board.on(r.LOCK)
    assert bench.state == r.LOCKED
    assert bench.alarms == set()


def test_stroke_that_has_begun_ends_when_the_mains_are_lost(board, bench):
    bench.open()
    board.set(r.PRESS_TOP, 0)
    bench.advance(20)
    board.set(r.MAINS_OK, 0)
    bench.advance(20)
    assert not board.on(r.LOCK)

    board.set(r.PRESS_BOTTOM, 1)
    bench.advance(20)
    bench.let_up()

    assert bench.strokes == 1
    assert bench.state == r.LOCKED
    assert bench.alarms == set()


def test_alarm_forbids_arming_until_acknowledged(bench):
    bench.press()
    bench.write_grant()
    bench.command(r.ARM)
    assert bench.answer == (r.REJECTED, "alarm")

    bench.command(r.ACK)
    bench.write_grant()
    bench.command(r.ARM)

    assert bench.answer == (r.ACCEPTED, "none")


def test_alarm_is_not_acknowledged_while_its_cause_stands(board, bench):
    board.set(r.TAMPER_OK, 0)
    bench.advance(20)

    bench.command(r.ACK)

    assert bench.answer == (r.REJECTED, "tamper")
    assert bench.state == r.ALARM


def test_hatch_opens_only_in_service_and_service_needs_a_grant(board, bench):
    bench.command(r.ENTER_SERVICE)
    assert bench.answer == (r.REJECTED, "not-armed")
    bench.write_grant()
    bench.command(r.ARM)
    bench.command(r.ENTER_SERVICE)
    assert bench.state == r.SERVICE

    reply = bench.ask(frames.write_coil(r.PULSE + r.HATCH, 5))

    assert reply.exception is None
    assert board.on(r.HATCH)
    bench.advance(510)
    assert not board.on(r.HATCH)


def test_selftest_reads_back_the_memory(board, bench):
    bench.command(r.SELFTEST)
    assert bench.answer == (r.DONE, "none")

    board.broken_memory = True
    bench.command(r.SELFTEST)

    assert bench.answer == (r.REJECTED, "fault")
    assert bench.state == r.FAULT


def test_unlock_fails_closed_when_the_memory_fails(board, bench):
    bench.write_grant()
    bench.command(r.ARM)
    bench.advance(10)
    board.broken_memory = True

    bench.command(r.UNLOCK)
    bench.advance(50)

    assert not any(mask & 1 for mask in board.history)
    assert bench.state == r.FAULT


def test_controller_without_key_never_arms(board, bench):
    board.key = b""
    bench.boot()

    bench.write_grant()
    bench.command(r.ARM)

    assert bench.answer == (r.REJECTED, "fault")
    assert bench.words(0x9011, 1) == (r.F_KEY,)


def test_both_slots_spoiled_is_a_fault_and_not_a_zero(board, bench):
    board.slots = {0: bytes(37), 1: bytes(37)}

    bench.boot()

    assert bench.words(0x9010, 2) == (r.FAULT, r.F_MEMORY)


def test_millis_may_wrap(board, bench):
    board.now_ms = 0xFFFFFFFF - 1000
    bench.boot()
    bench.ask(frames.write_register(r.WATCHDOG, 100))
    bench.open()

    bench.advance(2900)
    assert board.on(r.LOCK)
    bench.advance(120)

    assert not board.on(r.LOCK)


@pytest.mark.parametrize("torn_bytes", [None, 0, 1, 20, 36])
def test_stroke_survives_a_power_cut_in_any_write(board, bench, power_cut, torn_bytes):
    """Cut the power in every write of one cycle in turn: the count is never lost or doubled."""
    bench.open()
    bench.press()
    kept = dict(board.slots)
    cuts = 0
    finished = False
    while not finished:
        cuts += 1
        board.slots, board.inputs = dict(kept), board.rest
        bench.boot()
        board.stores, board.cut_at_store, board.torn_bytes = 0, cuts, torn_bytes
        bench.bottoms = 0
        try:
            bench.open()
            bench.press()
            finished = True
        except power_cut:
            board.cut_at_store, board.inputs = None, board.rest
            bench.boot()
        said = "power-lost-pressing" in bench.alarms
        assert bench.strokes == 1 + bench.bottoms or (said and bench.strokes == 1)
    assert cuts >= 6


def test_press_at_the_bottom_when_power_fails_is_counted_once(board, bench):
    bench.open()
    bench.push_down()

    bench.boot()
    bench.let_up()

    assert bench.strokes == 1
    assert "power-lost-pressing" not in bench.alarms


def test_power_lost_while_the_press_moves_is_said_until_the_next_unlock(board, bench):
    bench.open()
    board.set(r.PRESS_TOP, 0)
    bench.advance(20)
    board.set(r.PRESS_TOP, 1)

    bench.boot()
    bench.boot()

    assert bench.strokes == 0
    assert bench.alarms == {"power-lost-pressing"}
    bench.command(r.ACK)
    bench.boot()
    assert bench.alarms == {"power-lost-pressing"}
    bench.open()
    assert bench.alarms == set()
    bench.boot()
    assert bench.alarms == set()


def test_boots_and_events_go_on_counting_after_a_restart(bench):
    head = bench.long(0x901E)

    bench.boot()

    assert bench.long(0x9016) == 2
    assert bench.long(0x901E) > head


def test_frames_for_others_and_broadcasts_are_not_answered(board, bench):
    pdu = frames.write_coil(r.LIGHT, frames.COIL_ON)

    assert bench.firmware.receive(frames.encode(2, pdu)) == b""
    assert bench.firmware.receive(frames.encode(0, pdu)) == b""
    assert bench.firmware.receive(frames.encode(1, pdu)[:-1] + b"\x00") == b""
    assert board.outputs == 0


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (b"\x07\x00\x00\x00\x00", 1),
        (frames.read_request(1, 4, 5), 2),
        (frames.read_request(4, 0x900A, 1), 2),
        (frames.read_request(4, 0x9008, 4), 2),
        (frames.read_request(3, 0x9205, 1), 2),
        (frames.read_request(3, 0x1000, 8), 2),
        (frames.write_coil(8, 0), 2),
        (frames.write_coil(r.LIGHT, 1), 3),
        (frames.write_register(0x9205, 1), 2),
        (frames.write_registers(0x922F, (1, 2)), 2),
    ],
)
def test_what_the_map_does_not_know_is_refused(bench, pdu, code):
    _, reply = frames.decode(bench.firmware.receive(frames.encode(1, pdu)))

    assert reply == bytes((pdu[0] | 0x80, code))


def test_identity_is_that_of_a_seal_controller(bench):
    words = bench.words(r.MAGIC, 10)

    assert words[:2] == (0x5345, 0x414C)
    assert words[2:6] == (1, 0x0100, 0, 0b0111)
    assert b"".join(word.to_bytes(2, "big") for word in words[6:]) == b"SEAL0001"


def test_motor_presses_once_and_returns(board, motor_bench):
    motor_bench.write_grant()
    motor_bench.command(r.ARM)
    motor_bench.command(r.STROKE_NOW)
    motor_bench.advance(20)
    assert board.on(r.PRESS)
    board.set(r.PRESS_TOP, 0)
    motor_bench.advance(100)

    board.set(r.PRESS_BOTTOM, 1)
    motor_bench.advance(20)
    assert not board.on(r.PRESS)
    assert board.on(r.PRESS_RETURN)
    motor_bench.let_up()

    assert board.outputs == 0
    assert motor_bench.strokes == 1
    assert motor_bench.state == r.LOCKED


def test_motor_that_draws_too_much_stops_and_retracts(board, motor_bench):
    motor_bench.write_grant()
    motor_bench.command(r.ARM)
    motor_bench.command(r.STROKE_NOW)
    motor_bench.advance(20)
    board.set(r.PRESS_TOP, 0)
    board.current_ma = 3001
    motor_bench.advance(60)
    board.current_ma = 3000
    motor_bench.advance(60)
    assert board.on(r.PRESS)

    board.current_ma = 3001
    motor_bench.advance(5)

    assert not board.on(r.PRESS)
    assert board.on(r.PRESS_RETURN)
    assert motor_bench.alarms == {"overcurrent"}


def test_stalled_motor_stops_and_retracts_and_does_not_restart(board, motor_bench):
    motor_bench.write_grant()
    motor_bench.command(r.ARM)
    motor_bench.command(r.STROKE_NOW)
    motor_bench.advance(20)
    board.set(r.PRESS_TOP, 0)
    motor_bench.advance(1900)
    assert board.on(r.PRESS)

    motor_bench.advance(100)
    assert board.on(r.PRESS_RETURN)
    motor_bench.advance(5000)

    assert board.outputs == 0
    assert "press-stuck" in motor_bench.alarms


def test_lost_link_retracts_the_motor(board, motor_bench):
    motor_bench.ask(frames.write_register(r.PRESS_PULSE, 50))
    motor_bench.write_grant()
    motor_bench.command(r.ARM)
    motor_bench.command(r.STROKE_NOW)
    motor_bench.advance(20)
    board.set(r.PRESS_TOP, 0)

    motor_bench.advance(2000)

    assert not board.on(r.PRESS)
    assert board.on(r.PRESS_RETURN)


def test_stroke_command_is_rejected_without_motor(bench):
    bench.write_grant()
    bench.command(r.ARM)

    bench.command(r.STROKE_NOW)

    assert bench.answer == (r.REJECTED, "no-motor")
