"""PINs: growing waits, a lock after too many, and cards that do not disturb each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device.kiosk.pin_memory import PinMemory
from device.kiosk.pins import PinGuard
from device.kiosk.port import Person

LOCKED_S = 600.0


@pytest.fixture
def start(clock: Callable[[], float], tmp_path: Path) -> Callable[[], PinGuard]:
    """Start the guard, or start it again, as the machine does."""
    memory = PinMemory(tmp_path / "pins.json")
    return lambda: PinGuard(clock, tries=5, locked_s=LOCKED_S, memory=memory)


@pytest.fixture
def guard(start: Callable[[], PinGuard]) -> PinGuard:
    return start()


@pytest.fixture
def clerk(village: Any) -> Person:
    person: Person = village.people[0]
    return person


def miss(guard: PinGuard, person: Person, clock: Any, times: int) -> None:
    """Enter wrong PINs, each as soon as it is looked at."""
    for _ in range(times):
        clock.now_s += guard.check(person, "000000").wait_s


def test_the_right_pin_is_right(guard: PinGuard, clerk: Person) -> None:
    assert guard.check(clerk, "246810").outcome == "right"


def test_every_wrong_pin_makes_the_next_try_wait_longer(
    guard: PinGuard, clerk: Person, clock: Any
) -> None:
    waits = []
    for _ in range(4):
        answer = guard.check(clerk, "000000")
        waits.append(answer.wait_s)
        clock.now_s += answer.wait_s

    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_the_right_pin_is_not_looked_at_before_the_wait_is_over(
    guard: PinGuard, clerk: Person, clock: Any
) -> None:
    guard.check(clerk, "000000")
    clock.now_s += 0.9

    assert guard.check(clerk, "246810").outcome == "too-soon"


def test_the_fifth_wrong_pin_locks_the_card(guard: PinGuard, clerk: Person, clock: Any) -> None:
    miss(guard, clerk, clock, 4)

    answer = guard.check(clerk, "000000")

    assert (answer.outcome, answer.wait_s, answer.left) == ("locked", LOCKED_S, 0)


def test_the_right_pin_does_not_open_a_locked_card(
    guard: PinGuard, clerk: Person, clock: Any
) -> None:
    miss(guard, clerk, clock, 4)
    guard.check(clerk, "000000")
    clock.now_s += LOCKED_S - 1

    assert guard.check(clerk, "246810").outcome == "locked"


def test_a_locked_card_opens_when_its_time_is_over(
    guard: PinGuard, clerk: Person, clock: Any
) -> None:
    miss(guard, clerk, clock, 5)

    assert guard.locked_s(clerk.card) == 0.0
    assert guard.check(clerk, "246810").outcome == "right"


def test_the_right_pin_forgives_earlier_ones(guard: PinGuard, clerk: Person, clock: Any) -> None:
    miss(guard, clerk, clock, 4)
    guard.check(clerk, "246810")

    assert guard.check(clerk, "000000").left == 4


def test_one_card_does_not_lock_another(
    guard: PinGuard, clerk: Person, village: Any, clock: Any
) -> None:
    miss(guard, clerk, clock, 4)
    guard.check(clerk, "000000")

    assert guard.check(village.people[1], "246810").outcome == "right"


def test_a_hash_that_is_none_lets_nobody_in(guard: PinGuard) -> None:
    broken = Person(account="x", name="x", card="x", pin_hash="not-a-hash")

    assert guard.check(broken, "").outcome == "wrong"


def test_a_restart_gives_no_try_back(
    start: Callable[[], PinGuard], clerk: Person, clock: Any
) -> None:
    miss(start(), clerk, clock, 3)

    again = start()
    clock.now_s += 4.0

    assert again.check(clerk, "000000").left == 1


def test_a_wait_begins_anew_at_a_restart(
    start: Callable[[], PinGuard], clerk: Person, clock: Any
) -> None:
    guard = start()
    miss(guard, clerk, clock, 2)
    guard.check(clerk, "000000")

    clock.now_s = 0.0  # another power-on: the clock that only runs begins again
    answer = start().check(clerk, "246810")

    assert (answer.outcome, answer.wait_s) == ("too-soon", 4.0)


def test_a_locked_card_stays_locked_over_a_restart(
    start: Callable[[], PinGuard], clerk: Person, clock: Any
) -> None:
    guard = start()
    miss(guard, clerk, clock, 4)
    guard.check(clerk, "000000")

    again = start()

    assert again.check(clerk, "246810").outcome == "locked"
    assert again.locked_s(clerk.card) == LOCKED_S


def test_the_right_pin_is_forgiven_over_a_restart_too(
    start: Callable[[], PinGuard], clerk: Person, clock: Any
) -> None:
    guard = start()
    miss(guard, clerk, clock, 4)
    guard.check(clerk, "246810")

    assert start().check(clerk, "000000").left == 4


def test_a_try_is_counted_before_it_is_looked_at(
    start: Callable[[], PinGuard], clerk: Person, tmp_path: Path
) -> None:
    guard = start()
    (tmp_path / "pins.part").mkdir()  # the disk takes nothing

    answers = [guard.check(clerk, pin).outcome for pin in ("000000", "246810")]
    (tmp_path / "pins.part").rmdir()

    assert answers == ["too-soon", "too-soon"]
    assert guard.check(clerk, "246810").outcome == "right"


@pytest.mark.parametrize("kept", [b"{", b'{"\xff": 1}'])
def test_a_damaged_file_locks_every_card_for_once(
    start: Callable[[], PinGuard], clerk: Person, clock: Any, tmp_path: Path, kept: bytes
) -> None:
    (tmp_path / "pins.json").write_bytes(kept)

    guard = start()
    at_first = guard.check(clerk, "246810").outcome
    clock.now_s += LOCKED_S

    assert at_first == "locked"
    assert guard.check(clerk, "246810").outcome == "right"


def test_the_file_names_no_card(
    start: Callable[[], PinGuard], clerk: Person, tmp_path: Path
) -> None:
    start().check(clerk, "000000")

    assert clerk.card not in (tmp_path / "pins.json").read_text()
