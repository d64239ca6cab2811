"""Workdays: what a year's calendar says of a moment, and what holds without one."""

from __future__ import annotations

from datetime import datetime

import pytest

from gateway.desk.workdays import in_force, within_hours
from gateway.stores.calendar import LOCAL
from gateway.stores.office import CalendarView
from ledger.records_office import CalendarDay, CalendarRelease

DAYS = (
    CalendarDay(date="2027-01-01", works=False, name="元旦"),
    CalendarDay(date="2027-01-03", works=True, name="调休"),
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp() * 1000)


def calendar(version: int = 1, year: int = 2027) -> CalendarRelease:
    return CalendarRelease(
        version=version, year=year, opens_minute=540, closes_minute=1020, days=DAYS, by="a",
        released_by=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-01-04T08:59", False),
        ("2027-01-04T09:00", True),
        ("2027-01-04T16:59", True),
        ("2027-01-04T17:00", False),
        ("2027-01-01T10:00", False),  # a Friday, and a holiday
        ("2027-01-03T10:00", True),  # a Sunday on which people work
        ("2027-01-09T10:00", False),
    ],
)
def test_calendar_decides_by_day_and_hour(moment: str, expected: bool) -> None:
    assert within_hours(calendar(), at(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("2027-01-01T08:30", True), ("2027-01-01T17:30", False), ("2027-01-03T10:00", False)],
)
def test_without_a_calendar_weekdays_and_the_usual_hours_hold(moment: str, expected: bool) -> None:
    assert within_hours(None, at(moment)) is expected


def test_newest_released_calendar_of_the_year_counts() -> None:
    def view(version: int, year: int, released: int | None) -> CalendarView:
        return CalendarView(
            content=calendar(version, year), index=1, drafted_ms=1, released_index=released,
            released_by=None, released_ms=None,
        )  # fmt: skip

    views = (view(4, 2028, 9), view(3, 2027, None), view(2, 2027, 8), view(1, 2027, 7))

    assert in_force(views, 2027).version == 2
    assert in_force(views, 2029) is None
