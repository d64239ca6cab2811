"""Workdays: was this moment within working hours, by the calendar of its year? Pure.

Without a released calendar of that year, Monday to Friday from 8:30 to 17:30 are working hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from gateway.stores.calendar import local_time
from gateway.stores.office import CalendarView
from ledger.records_office import CalendarRelease

OPENS_MINUTE = 8 * 60 + 30
CLOSES_MINUTE = 17 * 60 + 30
SATURDAY = 5  # by date.weekday()


def in_force(calendars: Iterable[CalendarView], year: int) -> CalendarRelease | None:
    """Return the newest released calendar of a year."""
    own = [
        one.content
        for one in calendars
        if one.released_index is not None and one.content.year == year
    ]
    return max(own, key=lambda one: one.version, default=None)


def works_on(calendar: CalendarRelease | None, day: date) -> bool:
    """Return whether people work on a day."""
    for one in calendar.days if calendar is not None else ():
        if one.date == day.isoformat():
            return one.works
    return day.weekday() < SATURDAY


def within_hours(calendar: CalendarRelease | None, at_ms: int) -> bool:
    """Return whether a moment lies in the working hours of a working day.

    Args:
        calendar: of the moment's year, or None.
    """
    moment = local_time(at_ms)
    opens, closes = OPENS_MINUTE, CLOSES_MINUTE
    if calendar is not None:
        opens, closes = calendar.opens_minute, calendar.closes_minute
    minute = moment.hour * 60 + moment.minute
    return works_on(calendar, moment.date()) and opens <= minute < closes
