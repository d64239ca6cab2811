"""Uses outside working hours are looked at, where the township has said what those are."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit.rules import off_hours
from gateway.stores.office import CalendarView
from ledger.records_office import CalendarDay, CalendarRelease

FRIDAY_4_PM_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
CHANGED = CalendarDay(date="2027-01-16", works=True, name="调休")


def calendar(released: int | None = 3, **fields: Any) -> CalendarView:
    body: dict[str, Any] = {
        "version": 1, "year": 2027, "opens_minute": 510, "closes_minute": 1050,
        "days": (CHANGED,), "by": "a", "released_by": None, **fields,
    }  # fmt: skip
    return CalendarView(
        content=CalendarRelease(**body), index=1, drafted_ms=1, released_index=released,
        released_by="b", released_ms=1,
    )  # fmt: skip


def found(log: Any, entry: Any, **options: Any) -> list[str]:
    return [one.key for one in off_hours.check(entry, log, off_hours.Options(**options))]


@pytest.mark.parametrize(
    ("hours_later", "expected"),
    [
        (0, []),
        (1.4, []),
        (1.5, ["off-hours/m-1/2027-01-15"]),
        (19, []),  # Saturday, on which people work
        (26, ["off-hours/m-1/2027-01-16"]),
        (43, ["off-hours/m-1/2027-01-17"]),
    ],
)
def test_use_is_judged_by_the_calendar_of_its_year(
    log: Any, build: Any, hours_later: float, expected: list[str]
) -> None:
    log.year_calendars = [calendar()]
    entry = log.write(build.use(), at_ms=FRIDAY_4_PM_MS + int(hours_later * HOUR_MS))

    assert found(log, entry) == expected


@pytest.mark.parametrize("views", [[], [calendar(None)], [calendar(year=2026, days=())]])
def test_without_a_released_calendar_of_the_year_nothing_is_raised(
    log: Any, build: Any, views: list[CalendarView]
) -> None:
    log.year_calendars = views
    entry = log.write(build.use(), at_ms=FRIDAY_4_PM_MS + 6 * HOUR_MS)

    assert found(log, entry) == []


def test_township_that_serves_at_all_hours_says_so(log: Any, build: Any) -> None:
    log.year_calendars = [calendar()]
    entry = log.write(build.use(), at_ms=FRIDAY_4_PM_MS + 6 * HOUR_MS)

    assert found(log, entry) == ["off-hours/m-1/2027-01-15"]
    assert found(log, entry, enabled=False) == []


def test_other_entries_at_night_are_nobodys_business(log: Any, build: Any) -> None:
    log.year_calendars = [calendar()]
    entry = log.write(build.intent(), at_ms=FRIDAY_4_PM_MS + 6 * HOUR_MS)

    assert found(log, entry) == []
