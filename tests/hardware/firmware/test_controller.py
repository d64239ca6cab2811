"""Firmware: register map, grants, command numbers, coils, service."""

from __future__ import annotations

import struct

import pytest

from hardware import frames
from hardware.firmware import registers as r


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


@pytest.mark.parametrize(
    "pdu",
    [
        b"\x05\x00",
        b"\x05\x00\x00\xff\x00\x00",
        b"\x01\x00\x00\x00\x00",
        b"\x01\x00\x00\x00\x09",
        b"\x04\x90\x00\x00\x00",
        b"\x04\x90\x00\x00\x7e",
        b"\x10\x92\x10\x00\x01\x02\x00",
        b"\x10\x92\x10\x00\x00\x00",
        b"\x0f\x00\x02\x00\x09\x02\x00\x00",
        b"\x0f\x00\x02\x00\x04\x01",
        frames.write_coil(r.PULSE + r.LIGHT, 0),
        frames.write_coil(r.PULSE + r.LIGHT, 0x8000),
    ],
)
def test_malformed_request_is_refused_with_exception_3(bench, pdu):
    _, reply = frames.decode(bench.firmware.receive(frames.encode(1, pdu)))

    assert reply == bytes((pdu[0] | 0x80, frames.ILLEGAL_VALUE))


def test_lamps_beyond_the_last_coil_are_refused(bench):
    assert bench.ask(frames.write_coils(5, [1, 0, 0, 0])).exception == frames.ILLEGAL_ADDRESS


def test_unknown_command_is_rejected(bench):
    bench.command(99)

    assert bench.answer == (r.REJECTED, "unknown-command")


def test_nothing_is_granted_in_service(bench):
    bench.write_grant()
    bench.command(r.ARM)
    bench.command(r.ENTER_SERVICE)

    bench.write_grant()
    bench.command(r.ARM)

    assert bench.answer == (r.REJECTED, "service")


def test_alarm_that_nobody_has_read_is_not_acknowledged(board, bench):
    bench.press()
    assert bench.alarms == {"press-without-grant"}
    board.set(r.TAMPER_OK, 0)
    bench.advance(20)
    board.set(r.TAMPER_OK, 1)
    bench.advance(20)

    bench.command(r.ACK)

    assert bench.answer == (r.REJECTED, "alarm")
    assert bench.alarms == {"press-without-grant", "tamper"}
    bench.command(r.ACK)
    assert bench.alarms == set()
    assert bench.state == r.LOCKED
