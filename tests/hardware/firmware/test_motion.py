"""Firmware: lock, press, alarms, watchdog and motor."""

from __future__ import annotations

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
    assert bench.alarms == {"press-without-grant"}

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


def test_bolt_that_is_not_out_after_boot_is_an_alarm(board, bench):
    board.follow_lock = False
    board.set(r.BOLT_OUT, 0)
    bench.boot()

    bench.advance(4900)
    assert bench.state == r.BOOT
    bench.advance(100)

    assert bench.alarms == {"bolt-stuck"}
    bench.command(r.ACK)
    assert bench.answer == (r.REJECTED, "bolt-not-out")


def test_bolt_forced_in_while_locked_is_an_alarm(board, bench):
    board.follow_lock = False
    board.set(r.BOLT_OUT, 0)

    bench.advance(490)
    assert bench.alarms == set()
    bench.advance(20)

    assert bench.alarms == {"bolt-stuck"}


def test_both_end_switches_at_once_are_an_alarm(board, bench):
    board.set(r.PRESS_BOTTOM, 1)

    bench.advance(10)

    assert "press-sensor" in bench.alarms


def test_alarm_is_not_acknowledged_while_the_press_is_down(bench):
    bench.push_down()

    bench.command(r.ACK)

    assert bench.answer == (r.REJECTED, "press-not-at-top")


def test_service_ends_by_cancel_and_by_silence(board, bench):
    for end in (lambda: bench.command(r.CANCEL), lambda: bench.advance(2100)):
        bench.write_grant()
        bench.command(r.ARM)
        bench.command(r.ENTER_SERVICE)
        bench.ask(frames.write_coil(r.PULSE + r.HATCH, 50))
        assert bench.state == r.SERVICE

        end()
        bench.advance(10)

        assert bench.state == r.LOCKED
        assert not board.on(r.HATCH)


def test_link_lost_in_idle_darkens_the_lamps_and_is_no_alarm(board, bench):
    bench.beat(1)
    bench.ask(frames.write_coil(r.LED_OK, frames.COIL_ON))

    bench.advance(2050)

    assert board.outputs == 0
    assert bench.alarms == set()
    assert (r.E_WATCHDOG, r.LOCKED) in bench.events()
