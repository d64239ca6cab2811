"""Calendar: the working days and hours of a year, drafted by one person, released by another."""

from __future__ import annotations

import calendar as months
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.commands import DraftCalendar, ReleaseCalendar
from gateway.desk import workdays
from gateway.desk.access import Action
from gateway.desk.calendar_form import (
    CalendarFormError,
    clock,
    read_clock,
    read_days,
    written,
)
from gateway.orders_calendar import is_waiting
from gateway.stores import Reader
from gateway.stores.calendar import local_time
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other
from ledger.records_office import CalendarRelease

FIRST_YEAR, LAST_YEAR = 2000, 2200

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_CALENDAR))]
Drafter = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_CALENDAR))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_CALENDAR))]
Clock = Annotated[str, Form(max_length=8)]


@router.get("/calendar")
def show(
    request: Request,
    visitor: Looker,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
) -> Response:
    """A year's calendar, this year's by default, and the drafts that wait."""
    with site_of(request).port.reader() as reader:
        return _page(request, reader, visitor, year or _today(request).year)


@router.post("/calendar/draft")
def draft(
    request: Request,
    visitor: Drafter,
    year: Annotated[int, Form(ge=FIRST_YEAR, le=LAST_YEAR)],
    opens: Clock,
    closes: Clock,
    days: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Submit a year's days; what is wrong in a line is told line by line."""
    try:
        command = DraftCalendar(
            by=visitor.account.account,
            year=year,
            opens_minute=read_clock(opens),
            closes_minute=read_clock(closes),
            days=read_days(days, year),
        )
    except CalendarFormError as error:
        typed = {"opens": opens, "closes": closes, "days": days}
        with site_of(request).port.reader() as reader:
            return _page(request, reader, visitor, year, status=422, wrong=error.lines, typed=typed)
    site_of(request).order(command)
    return see_other(f"/calendar?year={year}&done=calendar-drafted")


@router.post("/calendar/versions/{version}/release")
def release(request: Request, visitor: Releaser, version: Number) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleaseCalendar(by=visitor.account.account, version=version))
    return see_other("/calendar?done=calendar-released")


def _page(
    request: Request,
    reader: Reader,
    visitor: Visitor,
    year: int,
    *,
    status: int = 200,
    wrong: tuple[str, ...] = (),
    typed: dict[str, str] | None = None,
) -> Response:
    calendars = reader.calendars()
    current = workdays.in_force(calendars, year)
    now_ms = site_of(request).port.now_ms()
    waiting = [one for one in calendars if is_waiting(one, calendars, now_ms)]
    return page(
        request,
        reader,
        visitor,
        "calendar.html",
        "calendar",
        status=status,
        year=year,
        current=current,
        months=_months(current, year),
        today=_today(request).isoformat(),
        waiting=[
            {"view": one, "changes": _changes(calendars, one.content), "clock": _hours(one.content)}
            for one in waiting
        ],
        versions=[one for one in calendars if one.content.year == year],
        mine=mine(reader, visitor),
        people={one.account: one.name for one in reader.accounts()},
        wrong=wrong,
        hours=_hours(current),
        typed=typed or {**_hours(current), "days": written(current.days) if current else ""},
    )


def _months(current: CalendarRelease | None, year: int) -> list[list[list[dict[str, Any] | None]]]:
    """Return the twelve months as weeks of days, Monday first; None fills a week up."""
    named = {one.date: one for one in current.days} if current else {}
    return [
        [
            [_day(current, named, one) if one.month == month else None for one in week]
            for week in weeks
        ]
        for month in range(1, 13)
        for weeks in [months.Calendar().monthdatescalendar(year, month)]
    ]


def _day(current: CalendarRelease | None, named: dict[str, Any], day: date) -> dict[str, Any]:
    special = named.get(day.isoformat())
    return {
        "date": day.isoformat(),
        "number": day.day,
        "works": workdays.works_on(current, day),
        "special": special is not None,
        "name": special.name if special else "",
    }


def _changes(
    calendars: tuple[Any, ...], content: CalendarRelease
) -> list[tuple[str, str, str, str]]:
    """Return each day that a draft changes: day, what it is now, what it becomes, its name."""
    standing = workdays.in_force(calendars, content.year)
    before = {one.date: one for one in standing.days} if standing else {}
    after = {one.date: one for one in content.days}
    found = []
    for day in sorted(before.keys() | after.keys()):
        if before.get(day) != after.get(day):
            moment = date.fromisoformat(day)
            was, becomes = workdays.works_on(standing, moment), workdays.works_on(content, moment)
            name = (after.get(day) or before[day]).name
            found.append((day, _word(was), _word(becomes), name))
    return found


def _word(works: bool) -> str:
    return "calendar.works" if works else "calendar.rests"


def _hours(one: CalendarRelease | None) -> dict[str, str]:
    opens = workdays.OPENS_MINUTE if one is None else one.opens_minute
    closes = workdays.CLOSES_MINUTE if one is None else one.closes_minute
    return {"opens": clock(opens), "closes": clock(closes)}


def _today(request: Request) -> date:
    return local_time(site_of(request).port.now_ms()).date()
