"""Clock: never back, and honest about what it knows."""

from __future__ import annotations

from device.clock import BUILT_MS, LONGEST_ABSENCE_MS, MARK_TOLERANCE_MS, DeviceClock, Mark

NOON = BUILT_MS + 1_000_000_000


class World:
    """A wall clock and a boot clock that a test can turn."""

    def __init__(self, wall_ms: int = NOON) -> None:
        self.wall_ms = wall_ms
        self.boottime_ms = 5_000
        self.last_ms = 0  # of the newest journaled entry

    def clock(self, mark: Mark | None = None, last_ms: int = 0, boot: str = "b1") -> DeviceClock:
        """Return the clock of a device in this world."""
        self.last_ms = last_ms
        return DeviceClock(
            lambda: self.wall_ms, mark, lambda: self.last_ms, lambda: self.boottime_ms, boot
        )


def test_a_plausible_wall_clock_is_taken() -> None:
    assert World().clock(last_ms=NOON - 5).read() == (NOON, True)


def test_time_never_goes_back_when_the_wall_clock_does() -> None:
    world = World()
    clock = world.clock()
    world.last_ms, _ = clock.read()

    world.wall_ms = NOON - 86_400_000

    assert clock.read() == (NOON, False)


def test_a_flat_battery_of_2017_proves_nothing() -> None:
    assert World(1_490_000_000_000).clock(last_ms=NOON).read() == (NOON, False)


def test_a_wall_clock_years_ahead_of_the_journal_proves_nothing() -> None:
    world = World(NOON + LONGEST_ABSENCE_MS + 1)

    assert world.clock(last_ms=NOON).read() == (NOON, False)
    assert World(NOON + LONGEST_ABSENCE_MS).clock(last_ms=NOON).read()[1]


def test_a_mark_runs_on_with_the_boot_clock() -> None:
    world = World(0)
    clock = world.clock(last_ms=NOON)
    clock.marked(NOON + 100)

    world.boottime_ms += 50

    assert clock.read() == (NOON + 150, True)


def test_a_mark_of_an_earlier_power_on_is_not_time_now() -> None:
    mark = Mark(at_ms=NOON + 100, boottime_ms=1, power_on="b0")

    assert World(0).clock(mark, NOON).read() == (NOON, False)


def test_a_mark_outweighs_a_wall_clock_that_differs() -> None:
    world = World(NOON + 10 * MARK_TOLERANCE_MS)
    clock = world.clock(last_ms=NOON)
    clock.marked(NOON + 1)

    assert clock.read() == (NOON + 1, True)


def test_an_old_mark_sent_again_changes_nothing() -> None:
    world = World(0)
    clock = world.clock(last_ms=NOON)
    clock.marked(NOON + 1000)
    world.boottime_ms += 500

    clock.marked(NOON + 1000)

    assert clock.read() == (NOON + 1500, True)


def test_a_clock_that_was_wrong_once_ends_no_permit_after_a_mark() -> None:
    world = World()
    clock = world.clock(last_ms=NOON + 300 * 86_400_000)

    clock.marked(NOON)

    assert clock.read() == (NOON + 300 * 86_400_000, True)
    assert clock.read_for_permits() == (NOON, True)


def test_reading_a_wrong_clock_leaves_no_trace() -> None:
    world = World(NOON + 300 * 86_400_000)
    clock = world.clock(last_ms=NOON)
    clock.read()

    world.wall_ms = NOON + 5

    assert clock.read() == (NOON + 5, True)
