"""What the firmware keeps over a power cut: strokes, boots, events, and when memory fails."""

from __future__ import annotations

import pytest

from hardware import frames
from hardware.firmware import registers as r


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


def test_old_ring_entries_make_room_for_new_ones(bench):
    for _ in range(40):
        bench.command(r.CANCEL)
        bench.command(99)

    events = bench.events()

    assert len(events) == r.EVENT_SLOTS
    assert {code for code, _ in events} == {r.E_REJECTED}


def test_memory_that_fails_while_idle_is_a_fault(board, bench):
    board.broken_memory = True
    board.set(r.DOOR_CLOSED, 0)

    bench.advance(50)

    assert bench.words(0x9010, 2) == (r.FAULT, r.F_MEMORY)
