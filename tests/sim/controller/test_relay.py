"""Relay boards of three dialects, as their vendors' manuals have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import frames
from sim.controller.dialects import BOARDS
from sim.controller.parts import Memory
from sim.controller.relay import RelayBoard
from sim.faults import FaultSet
from sim.plant import Output, Plant

LOCK = 1 << Output.LOCK
UNIT = 1


class Bench:
    """A board on a plant, with the clock in the tester's hand."""

    def __init__(self, name: str, memory: Memory) -> None:
        self.faults = FaultSet()
        self.plant = Plant(seed=1, faults=self.faults)
        self.plant.lay("blank")
        self.board = RelayBoard(self.plant, self.faults, memory, BOARDS[name], UNIT)
        self.board.power_on()

    def ask(self, pdu: bytes, unit: int = UNIT) -> bytes:
        """Return the reply's PDU, empty for silence."""
        reply = self.board.receive(frames.encode(unit, pdu))
        return frames.decode(reply)[1] if reply else b""

    def ask_hex(self, frame: str) -> str:
        """Ask with a whole frame as a manual prints it."""
        return self.board.receive(bytes.fromhex(frame)).hex()

    def advance(self, dt_ms: int) -> None:
        for _ in range(dt_ms):
            self.board.poll()
            self.plant.advance(1)


@pytest.fixture
def waveshare() -> Bench:
    return Bench("waveshare-d", Memory(None))


@pytest.fixture
def lctech() -> Bench:
    return Bench("lctech", Memory(None))


@pytest.fixture
def r421a08() -> Bench:
    return Bench("r421a08", Memory(None))


def test_waveshare_answers_the_frames_of_its_manual(waveshare: Bench) -> None:
    assert waveshare.ask_hex("01050000FF008C3A") == "01050000ff008c3a"
    assert waveshare.ask_hex("0101000000083DCC") == "0101010" + "1" + "9048"
    assert waveshare.ask_hex("01050200000 78DB0".replace(" ", "")) == "0105020000078db0"


def test_pulse_ends_by_the_boards_own_clock(waveshare: Bench) -> None:
    waveshare.ask(frames.write_coil(0x0200, 7))
    waveshare.advance(699)

    assert waveshare.plant.outputs() == LOCK

    waveshare.advance(2)

    assert waveshare.plant.outputs() == 0


def test_off_ends_a_pulse_at_once(waveshare: Bench) -> None:
    waveshare.ask(frames.write_coil(0x0200, 30))
    waveshare.advance(100)

    waveshare.ask(frames.write_coil(0x00FF, frames.COIL_OFF))

    assert waveshare.plant.outputs() == 0


def test_a_second_pulse_starts_over(waveshare: Bench) -> None:
    waveshare.ask(frames.write_coil(0x0200, 5))
    waveshare.advance(400)
    waveshare.ask(frames.write_coil(0x0200, 5))
    waveshare.advance(400)

    assert waveshare.plant.outputs() == LOCK


def test_probe_of_profile_b_is_refused_by_a_relay_board(waveshare: Bench) -> None:
    reply = waveshare.ask(frames.read_request(frames.READ_INPUT_REGISTERS, 0x9000, 2))

    assert reply == frames.exception_reply(frames.READ_INPUT_REGISTERS, 1)


def test_other_units_get_no_answer(waveshare: Bench) -> None:
    assert waveshare.ask(frames.write_coil(0x0200, 5), unit=2) == b""
    assert waveshare.plant.outputs() == 0


def test_broadcast_is_obeyed_and_not_answered(waveshare: Bench) -> None:
    assert waveshare.ask(frames.write_coil(0x0000, frames.COIL_ON), unit=0) == b""
    assert waveshare.plant.outputs() == LOCK


def test_linkage_mode_lets_an_input_open_the_lock(waveshare: Bench) -> None:
    waveshare.ask(frames.write_register(0x1000, 1))
    waveshare.advance(100)

    assert waveshare.plant.open


def test_toggle_and_edge_modes_switch_on_input_edges(waveshare: Bench) -> None:
    waveshare.ask(frames.write_registers(0x1000, [2]))
    waveshare.faults.set("door_forced", waveshare.plant.now_ms, seconds=0.1)
    waveshare.advance(50)

    assert waveshare.plant.outputs() == 0

    waveshare.advance(100)

    assert waveshare.plant.outputs() == LOCK


def test_linkage_fault_reads_back_until_its_writes_are_used_up(waveshare: Bench) -> None:
    read = frames.read_request(frames.READ_HOLDING, 0x1000, 8)
    waveshare.faults.set("linkage_mode_on", waveshare.plant.now_ms, count=1)
    waveshare.advance(100)

    assert waveshare.plant.open

    waveshare.ask(frames.write_registers(0x1000, [0] * 8))
    waveshare.advance(1)

    assert waveshare.ask(read) == frames.words_reply(frames.READ_HOLDING, [1] + [0] * 7)

    waveshare.ask(frames.write_registers(0x1000, [0] * 8))
    waveshare.ask(frames.write_coil(0x00FF, frames.COIL_OFF))
    waveshare.advance(1)

    assert waveshare.ask(read) == frames.words_reply(frames.READ_HOLDING, [0] * 8)
    assert waveshare.plant.outputs() == 0


def test_modes_and_unit_survive_a_new_process_but_outputs_do_not(tmp_path: Path) -> None:
    first = Bench("waveshare-d", Memory(tmp_path))
    first.ask(frames.write_register(0x1003, 1))
    first.ask(frames.write_register(0x4000, 9))
    first.ask(frames.write_coil(0x0000, frames.COIL_ON), unit=9)

    second = Bench("waveshare-d", Memory(tmp_path))

    read = frames.read_request(frames.READ_HOLDING, 0x1000, 8)
    assert second.ask(read) == b""
    assert second.ask(read, unit=9) == frames.words_reply(3, [0, 0, 0, 1, 0, 0, 0, 0])
    assert second.plant.outputs() == 0


def test_power_loss_forgets_pulses(waveshare: Bench) -> None:
    waveshare.ask(frames.write_coil(0x0200, 30))
    waveshare.board.power_off()
    waveshare.board.power_on()
    waveshare.advance(10)

    assert waveshare.plant.outputs() == 0


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (frames.write_coil(0x0008, frames.COIL_ON), 2),
        (frames.write_coil(0x0000, 0x1234), 3),
        (frames.write_coil(0x0200, 0), 3),
        (frames.write_coil(0x0300, 5), 2),
        (frames.write_register(0x1000, 4), 3),
        (frames.write_register(0x1008, 0), 2),
        (frames.read_request(frames.READ_INPUTS, 1, 8), 2),
        (frames.read_request(frames.READ_HOLDING, 0x3000, 1), 2),
    ],
)
def test_nonsense_is_refused_with_the_boards_exception(
    waveshare: Bench, pdu: bytes, code: int
) -> None:
    assert waveshare.ask(pdu) == frames.exception_reply(pdu[0], code)
    assert waveshare.plant.outputs() == 0


def test_lctech_pulses_by_two_words(lctech: Bench) -> None:
    reply = lctech.ask(frames.write_registers(3, [4, 5]))
    lctech.advance(499)

    assert reply == frames.write_reply(frames.write_registers(3, [4, 5]))
    assert lctech.plant.outputs() == LOCK

    lctech.advance(2)

    assert lctech.plant.outputs() == 0


def test_lctech_addresses_relays_five_registers_apart(lctech: Bench) -> None:
    lctech.ask(frames.write_registers(3 + 2 * 5, [4, 5]))

    assert lctech.plant.outputs() == 1 << Output.LIGHT


def test_lctech_has_no_modes(lctech: Bench) -> None:
    assert lctech.ask(frames.read_request(frames.READ_HOLDING, 0x1000, 8)) == b"\x83\x01"


def test_r421a08_pulses_by_seconds_and_reads_relays_as_registers(r421a08: Bench) -> None:
    r421a08.ask(frames.write_register(1, 0x0602))
    r421a08.advance(1999)

    read = frames.read_request(frames.READ_HOLDING, 1, 8)
    assert r421a08.ask(read) == frames.words_reply(frames.READ_HOLDING, [1] + [0] * 7)

    r421a08.advance(2)

    assert r421a08.ask(read) == frames.words_reply(frames.READ_HOLDING, [0] * 8)


def test_r421a08_switches_all_off_at_register_0(r421a08: Bench) -> None:
    r421a08.ask(frames.write_register(1, 0x0100))
    r421a08.ask(frames.write_register(3, 0x0100))

    r421a08.ask(frames.write_register(0, 0x0800))

    assert r421a08.plant.outputs() == 0


def test_r421a08_inputs_come_from_the_module_beside_it(r421a08: Bench) -> None:
    read = frames.read_request(frames.READ_INPUTS, 0, 8)

    assert r421a08.ask(read) == frames.exception_reply(frames.READ_INPUTS, 1)
    assert r421a08.ask(read, unit=UNIT + 1) == frames.bits_reply(2, [1, 1, 1, 1, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("name", "pdu", "moves"),
    [
        ("waveshare-d", frames.write_coil(0x0200, 5), True),
        ("waveshare-d", frames.write_coil(0x0202, 5), False),
        ("waveshare-d", frames.write_coil(0x00FF, frames.COIL_OFF), False),
        ("waveshare-d", frames.read_request(frames.READ_COILS, 0, 8), False),
        ("lctech", frames.write_registers(3, [4, 5]), True),
        ("r421a08", frames.write_register(1, 0x0602), True),
        ("r421a08", frames.write_register(0, 0x0800), False),
    ],
)
def test_frames_that_move_something_are_told_apart(name: str, pdu: bytes, moves: bool) -> None:
    bench = Bench(name, Memory(None))

    assert bench.board.moves(frames.encode(UNIT, pdu)) is moves
    assert bench.plant.outputs() == 0
