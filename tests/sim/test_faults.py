"""The catalogue, the set of active faults, and what each fault of the plant does to it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.errors import FaultError
from sim.faults import CATALOGUE, FaultSet, Scope
from sim.mechanics import Mechanics
from sim.plant import INKS, Input, Output, Plant

LOCK = 1 << Output.LOCK
PRESS = 1 << Output.PRESS
NAMED = [
    "no_reply",
    "late_reply",
    "bad_crc",
    "half_frame",
    "wrong_unit",
    "stuck_relay",
    "linkage_mode_on",
    "lock_jam",
    "press_stall",
    "double_strike",
    "dry_press",
    "faint_press",
    "half_press",
    "dry_patch",
    "wiped_press",
    "seal_missing",
    "paper_missing",
    "door_forced",
    "tamper_cut",
    "camera_gone",
    "camera_frozen",
    "camera_black",
    "power_cut",
    "clock_back",
]


@pytest.fixture
def faults() -> FaultSet:
    return FaultSet()


@pytest.fixture
def plant(faults: FaultSet) -> Plant:
    plant = Plant(seed=1, faults=faults)
    plant.lay("blank")
    return plant


def opened(plant: Plant) -> Plant:
    plant.drive(LOCK)
    plant.advance(100)
    return plant


def test_catalogue_holds_every_named_fault_once() -> None:
    names = [fault.name for fault in CATALOGUE]

    assert set(NAMED) <= set(names)
    assert len(names) == len(set(names))
    assert all(fault.strikes and fault.must for fault in CATALOGUE)


def test_a_counted_fault_strikes_that_often(faults: FaultSet) -> None:
    faults.set("no_reply", 0, count=2)

    assert [faults.strikes("no_reply") for _ in range(3)] == [True, True, False]
    assert faults.active() == []


def test_a_timed_fault_ends_by_the_plants_clock(faults: FaultSet, plant: Plant) -> None:
    faults.set("tamper_cut", plant.now_ms, seconds=0.5)
    plant.advance(499)

    assert faults.on("tamper_cut")

    plant.advance(1)

    assert not faults.on("tamper_cut")
    assert [h.facts for h in plant.take_happenings() if h.kind == "fault"] == [
        {"name": "tamper_cut", "active": False}
    ]


def test_a_fault_without_figures_lasts_until_cleared(faults: FaultSet, plant: Plant) -> None:
    faults.set("door_forced", plant.now_ms)
    plant.advance(100_000)

    assert faults.clear("door_forced")
    assert not faults.clear("door_forced")


def test_a_fault_of_the_line_may_spare_frames_that_move_nothing(faults: FaultSet) -> None:
    faults.set("no_reply", 0, count=1, scope=Scope.MOVES)

    assert not faults.strikes("no_reply", moves=False)
    assert faults.strikes("no_reply", moves=True)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("no_such", {}),
        ("no_reply", {"count": 1, "seconds": 1.0}),
        ("no_reply", {"count": 0}),
        ("no_reply", {"seconds": 0.0}),
        ("no_reply", {"seconds": float("nan")}),
        ("seal_missing", {"count": 1}),
        ("lock_jam", {"count": 1, "scope": Scope.MOVES}),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    faults: FaultSet, name: str, figures: dict[str, Any]
) -> None:
    with pytest.raises(FaultError, match=r"expected .* found"):
        faults.set(name, 0, **figures)

    assert faults.active() == []


def test_stuck_relay_keeps_the_bolt_in_although_the_coil_is_off(
    faults: FaultSet, plant: Plant
) -> None:
    faults.set("stuck_relay", plant.now_ms)
    opened(plant).drive(0)
    plant.advance(1000)

    assert plant.open

    faults.clear("stuck_relay")
    plant.advance(100)

    assert plant.bolt_out


def test_stuck_relay_does_nothing_before_the_relay_closes(faults: FaultSet, plant: Plant) -> None:
    faults.set("stuck_relay", plant.now_ms)
    plant.advance(1000)

    assert plant.bolt_out


def test_counted_lock_jam_fails_one_pull_and_not_the_next(faults: FaultSet, plant: Plant) -> None:
    faults.set("lock_jam", plant.now_ms, count=1)
    opened(plant)

    assert plant.bolt_out

    plant.drive(0)
    plant.advance(100)

    assert opened(plant).open


def test_lasting_lock_jam_holds_the_bolt_where_it_is(faults: FaultSet, plant: Plant) -> None:
    opened(plant)
    faults.set("lock_jam", plant.now_ms)
    plant.drive(0)
    plant.advance(1000)

    assert plant.open


def test_press_stall_leaves_no_impression_and_comes_back(faults: FaultSet, plant: Plant) -> None:
    faults.set("press_stall", plant.now_ms, count=1)
    opened(plant).press_lever()
    plant.advance(500)

    assert not plant.inputs() & 1 << Input.PRESS_TOP

    plant.advance(2000)

    assert plant.presses == []
    assert not plant.pressing


def test_lasting_press_stall_sticks_until_cleared(faults: FaultSet, plant: Plant) -> None:
    opened(plant).press_lever()
    faults.set("press_stall", plant.now_ms)
    plant.advance(5000)

    assert plant.pressing

    faults.clear("press_stall")
    plant.advance(1000)

    assert not plant.pressing
    assert plant.presses == []


def test_double_strike_stamps_twice_faster_than_the_bolt(faults: FaultSet, plant: Plant) -> None:
    faults.set("double_strike", plant.now_ms, count=1)
    opened(plant).press_lever()
    while not plant.presses or not plant.inputs() & 1 << Input.PRESS_TOP:
        plant.advance(1)
    plant.drive(0)
    plant.advance(2000)

    assert len(plant.presses) == 2
    assert plant.bolt_out


def test_double_strike_shows_the_top_between_the_strikes(faults: FaultSet, plant: Plant) -> None:
    faults.set("double_strike", plant.now_ms, count=1)
    opened(plant).press_lever()
    top_ms = 0
    while len(plant.presses) < 2:
        plant.advance(1)
        top_ms += len(plant.presses) == 1 and bool(plant.inputs() & 1 << Input.PRESS_TOP)

    assert 30 <= top_ms <= 60


def test_motor_stall_draws_over_current(faults: FaultSet) -> None:
    motor = Plant(seed=1, faults=faults, mechanics=Mechanics.MOTOR)
    faults.set("press_stall", motor.now_ms, count=1)
    opened(motor).drive(LOCK | PRESS)
    motor.advance(1000)

    assert motor.press_current_ma > 3000
    assert motor.presses == []


def test_motor_double_strike_comes_down_again_without_an_order(faults: FaultSet) -> None:
    motor = Plant(seed=1, faults=faults, mechanics=Mechanics.MOTOR)
    faults.set("double_strike", motor.now_ms, count=1)
    opened(motor).drive(LOCK | PRESS)
    motor.advance(330)
    motor.drive(LOCK)
    motor.advance(3000)

    assert len(motor.presses) == 2
    assert motor.depth == 0.0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("seal_missing", Input.SEAL_PRESENT),
        ("paper_missing", Input.PAPER),
        ("door_forced", Input.DOOR_CLOSED),
        ("tamper_cut", Input.TAMPER_OK),
        ("power_cut", Input.MAINS_OK),
    ],
)
def test_a_state_fault_reads_as_an_alarm_and_clears(
    faults: FaultSet, plant: Plant, name: str, number: Input
) -> None:
    faults.set(name, plant.now_ms)
    plant.advance(1)

    assert not plant.inputs() & 1 << number

    faults.clear(name)
    plant.advance(1)

    assert plant.inputs() & 1 << number


@pytest.mark.parametrize("fault", INKS)
def test_ink_that_fails_spoils_the_mark_and_counts_as_one_press(
    faults: FaultSet, plant: Plant, fault: str
) -> None:
    faults.set(fault, plant.now_ms, count=1)

    for _ in range(2):
        opened(plant).press_lever()
        plant.advance(2000)

    assert plant.sheet is not None
    assert [mark.ink for mark in plant.sheet.impressions] == [INKS[fault], "none"]
    assert [press.impression for press in plant.presses] == [True, True]


def test_a_press_without_ink_leaves_nothing_and_counts_as_one_press(
    faults: FaultSet, plant: Plant
) -> None:
    faults.set("dry_press", plant.now_ms, count=1)

    for _ in range(2):
        opened(plant).press_lever()
        plant.advance(2000)

    assert plant.sheet is not None
    assert len(plant.sheet.impressions) == 1
    assert [press.impression for press in plant.presses] == [False, True]
