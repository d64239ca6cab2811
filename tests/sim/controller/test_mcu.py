"""The machine's own firmware on a simulated board."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import frames
from hardware.firmware import registers
from sim.build import machine_key
from sim.controller.mcu import FirmwareController, PlantBoard
from sim.controller.parts import Memory
from sim.errors import BoardError
from sim.faults import FaultSet
from sim.plant import Plant

KEY = bytes(range(32))


def controller(plant: Plant, memory: Memory, seed: int = 1) -> FirmwareController:
    built = FirmwareController(PlantBoard(plant, memory, seed, KEY))
    built.power_on()
    return built


def plant() -> Plant:
    new = Plant(seed=1, faults=FaultSet())
    new.lay("blank")
    return new


def words(built: FirmwareController, address: int, count: int) -> tuple[int, ...]:
    pdu = frames.read_request(frames.READ_INPUT_REGISTERS, address, count)
    reply = frames.decode(built.receive(frames.encode(1, pdu)))[1]
    return frames.parse_reply(pdu, reply).values


def test_firmware_answers_its_magic() -> None:
    assert words(controller(plant(), Memory(None)), registers.MAGIC, 2) == registers.MAGIC_WORDS


def test_unique_id_follows_the_seed() -> None:
    one, same, other = (
        words(controller(plant(), Memory(None), seed), 0x9006, 4) for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other


def test_nonce_is_new_after_every_reset() -> None:
    built = controller(plant(), Memory(None))
    before = words(built, registers.NONCE, 8)

    built.power_off()
    built.power_on()

    assert words(built, registers.NONCE, 8) != before


def test_boots_are_counted_through_power_cuts_and_processes(tmp_path: Path) -> None:
    built = controller(plant(), Memory(tmp_path))
    built.power_off()
    built.power_on()
    before = words(built, 0x9016, 2)

    again = controller(plant(), Memory(tmp_path))

    assert before == (0, 2)
    assert words(again, 0x9016, 2) == (0, 3)


def test_without_power_nothing_answers_and_no_output_is_on() -> None:
    built = controller(plant(), Memory(None))
    built.power_off()
    built.poll()

    pdu = frames.read_request(frames.READ_INPUT_REGISTERS, registers.MAGIC, 2)
    assert built.receive(frames.encode(1, pdu)) == b""


def test_uptime_starts_over_at_reset() -> None:
    world = plant()
    board = PlantBoard(world, Memory(None), 1, KEY)
    world.advance(5000)

    board.reset()
    world.advance(7)

    assert board.millis() == 7


@pytest.mark.parametrize(
    ("command", "moves"),
    [
        (registers.UNLOCK, True),
        (registers.STROKE_NOW, True),
        (registers.ARM, False),
        (registers.CANCEL, False),
    ],
)
def test_commands_that_move_something_are_told_apart(command: int, moves: bool) -> None:
    built = controller(plant(), Memory(None))
    pdu = frames.write_registers(registers.COMMAND, [1, command])

    assert built.moves(frames.encode(1, pdu)) is moves


def test_machine_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "machine.key"

    made = machine_key(path)

    assert len(made) == 32
    assert machine_key(path) == made
    assert path.stat().st_mode & 0o777 == 0o600


def test_machine_key_with_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "machine.key"
    path.write_text("not a key")

    with pytest.raises(BoardError, match="64 hexadecimal digits"):
        machine_key(path)
