"""The plant: pure physics on its own clock."""

from __future__ import annotations

import pytest

from sim.faults import FaultSet
from sim.mechanics import Mechanics
from sim.plant import HOLDUP_MS, Happening, Input, Output, Plant

LOCK = 1 << Output.LOCK
PRESS = 1 << Output.PRESS
RETURN = 1 << Output.PRESS_RETURN
HATCH = 1 << Output.HATCH


@pytest.fixture
def faults() -> FaultSet:
    return FaultSet()


@pytest.fixture
def plant(faults: FaultSet) -> Plant:
    plant = Plant(seed=1, faults=faults)
    plant.lay("rendered:1:1:0")
    return plant


@pytest.fixture
def motor(faults: FaultSet) -> Plant:
    plant = Plant(seed=1, faults=faults, mechanics=Mechanics.MOTOR)
    plant.lay("rendered:1:1:0")
    return plant


def opened(plant: Plant) -> Plant:
    plant.drive(LOCK)
    plant.advance(100)
    return plant


def good(plant: Plant, number: Input) -> bool:
    return bool(plant.inputs() >> number & 1)


def kinds(happenings: list[Happening]) -> list[str]:
    return [happening.kind for happening in happenings]


def test_resting_machine_reads_all_good_but_bottom(plant: Plant) -> None:
    assert plant.inputs() == 0xFF & ~(1 << Input.PRESS_BOTTOM)


def test_lever_does_not_move_while_bolt_is_out(plant: Plant) -> None:
    went_down = plant.press_lever()
    plant.advance(1000)

    assert not went_down
    assert plant.presses == []


def test_bolt_frees_the_lever_within_100_ms_of_the_pulse(plant: Plant) -> None:
    plant.drive(LOCK)
    plant.advance(10)

    assert not plant.open

    plant.advance(90)

    assert plant.open
    assert not good(plant, Input.BOLT_OUT)


def test_bolt_is_out_within_100_ms_of_the_end_of_the_pulse(plant: Plant) -> None:
    opened(plant).drive(0)

    plant.advance(100)

    assert plant.bolt_out
    assert good(plant, Input.BOLT_OUT)


def test_one_lever_press_makes_one_impression_on_the_sheet(plant: Plant) -> None:
    went_down = opened(plant).press_lever()
    plant.advance(1000)

    assert went_down
    assert [press.impression for press in plant.presses] == [True]
    assert plant.paper is not None
    assert len(plant.paper.impressions) == 1
    assert not plant.pressing


def test_press_switches_follow_the_stroke(plant: Plant) -> None:
    opened(plant).press_lever()

    plant.advance(100)

    assert not good(plant, Input.PRESS_TOP)
    assert not good(plant, Input.PRESS_BOTTOM)

    plant.advance(200)

    assert good(plant, Input.PRESS_BOTTOM)

    plant.advance(500)

    assert good(plant, Input.PRESS_TOP)


def test_a_press_that_has_begun_ends_and_keeps_the_bolt_in_until_then(plant: Plant) -> None:
    opened(plant).press_lever()
    plant.advance(50)
    plant.drive(0)
    plant.advance(300)

    assert not plant.bolt_out

    plant.advance(700)

    assert plant.bolt_out
    assert len(plant.presses) == 1


def test_press_without_paper_counts_and_marks_nothing(plant: Plant) -> None:
    plant.lay(None)
    opened(plant).press_lever()
    plant.advance(1000)

    assert [(press.paper, press.impression) for press in plant.presses] == [(None, False)]


def test_press_without_seal_marks_nothing(plant: Plant, faults: FaultSet) -> None:
    faults.set("seal_missing", plant.now_ms)
    opened(plant).press_lever()
    plant.advance(1000)

    assert not good(plant, Input.SEAL_PRESENT)
    assert plant.paper is not None
    assert plant.paper.impressions == ()


def test_a_new_sheet_bears_no_impression(plant: Plant) -> None:
    first = plant.paper
    opened(plant).press_lever()
    plant.advance(1000)

    second = plant.lay("rendered:1:1:1")

    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert second.impressions == ()
    assert len(plant.presses) == 1


def test_same_seed_stamps_at_the_same_place() -> None:
    def marks(seed: int) -> object:
        plant = Plant(seed=seed, faults=FaultSet())
        plant.lay("blank")
        opened(plant).press_lever()
        plant.advance(1000)
        assert plant.paper is not None
        return plant.paper.impressions

    assert marks(5) == marks(5)
    assert marks(5) != marks(6)


def test_impressions_lie_within_the_page() -> None:
    plant = Plant(seed=9, faults=FaultSet())
    for _ in range(20):
        plant.lay("blank")
        opened(plant).press_lever()
        plant.advance(700)
        assert plant.paper is not None
        (mark,) = plant.paper.impressions

        assert 0.5 < mark.x < 0.85
        assert 0.6 < mark.y < 0.9


def test_mains_lost_is_seen_before_the_outputs_drop(plant: Plant, faults: FaultSet) -> None:
    opened(plant)
    faults.set("power_cut", plant.now_ms)
    plant.advance(HOLDUP_MS - 1)

    assert not good(plant, Input.MAINS_OK)
    assert plant.powered
    assert plant.outputs() == LOCK

    plant.advance(1)

    assert not plant.powered
    assert plant.outputs() == 0

    plant.advance(100)

    assert plant.bolt_out


def test_a_dip_shorter_than_the_holdup_keeps_the_power(plant: Plant, faults: FaultSet) -> None:
    faults.set("power_cut", plant.now_ms, seconds=0.1)
    plant.advance(1000)

    assert plant.mains
    assert "power" not in kinds(plant.take_happenings())


def test_a_hatch_pulse_opens_the_hatch_until_it_is_shut(plant: Plant) -> None:
    plant.drive(HATCH)
    plant.advance(300)
    plant.drive(0)
    plant.advance(300)

    assert not good(plant, Input.DOOR_CLOSED)

    plant.close_door()

    assert good(plant, Input.DOOR_CLOSED)


def test_edges_are_told_once_in_order(plant: Plant) -> None:
    opened(plant).press_lever()
    plant.advance(1000)
    plant.drive(0)
    plant.advance(100)

    told = kinds(plant.take_happenings())

    assert told == [
        "outputs",
        "bolt",
        "free",
        "lever",
        "press",
        "lever",
        "outputs",
        "free",
        "bolt",
    ]
    assert plant.take_happenings() == []


def test_motor_press_stamps_once_and_returns(motor: Plant) -> None:
    opened(motor).drive(LOCK | PRESS)
    motor.advance(330)
    motor.drive(RETURN)
    motor.advance(400)

    assert len(motor.presses) == 1
    assert motor.depth == 0.0
    assert motor.bolt_out


def test_motor_press_rises_by_its_spring_without_current(motor: Plant) -> None:
    opened(motor).drive(LOCK | PRESS)
    motor.advance(330)
    motor.drive(0)
    motor.advance(800)

    assert motor.depth == 0.0
    assert motor.bolt_out


def test_motor_against_the_bolt_stalls_and_stamps_nothing(motor: Plant) -> None:
    motor.drive(PRESS)
    motor.advance(500)

    assert motor.press_current_ma > 3000
    assert motor.presses == []


def test_lever_is_not_there_on_a_motor_press(motor: Plant) -> None:
    assert not opened(motor).press_lever()
