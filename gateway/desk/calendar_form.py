"""Calendar form: the days of a year as staff write them, one a line, and what is wrong there. Pure.

A line is a day or a span of days, what it is, and perhaps a name:
`2027-02-05 至 2027-02-11 休 春节` or `2027-02-20 班`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from gateway.errors import GatewayError
from ledger.records_office import CalendarDay

WORDS = {"休": False, "假": False, "rest": False, "班": True, "work": True}
LONGEST_NAME = 40
LONGEST_SPAN_DAYS = 31
MOST_DAYS = 200
_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:至|到|~|—|-|to)\s*{_DAY})?\s+(\S+)(?:\s+(.*))?")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


class CalendarFormError(GatewayError):
    """The form says something that is no calendar; `lines` says where and why, in Chinese."""

    code = "calendar-form"
    hint = "Correct the lines."

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__(";".join(lines))
        self.lines = lines


def read_days(text: str, year: int) -> tuple[CalendarDay, ...]:
    """Return the days that differ from Monday to Friday, in order.

    Raises:
        CalendarFormError: every line that is wrong, with its number.
    """
    found: dict[str, CalendarDay] = {}
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        days, problem = _days(line.strip(), year)
        doubled = [one.date for one in days if one.date in found]
        if doubled:
            problem = f"{doubled[0]} 写了两次"
        if problem:
            wrong.append(f"第 {number} 行：{problem}")
        found |= {one.date: one for one in days}
    if len(found) > MOST_DAYS:
        wrong.append(f"最多 {MOST_DAYS} 天")
    if wrong:
        raise CalendarFormError(tuple(wrong))
    return tuple(found[one] for one in sorted(found))


def read_clock(text: str) -> int:
    """Return a time of day (`8:30`) in minutes after midnight.

    Raises:
        CalendarFormError: it is none.
    """
    found = _CLOCK.fullmatch(text.strip().replace("：", ":"))
    minutes = int(found[1]) * 60 + int(found[2]) if found else 24 * 60 + 1
    if minutes > 24 * 60:
        raise CalendarFormError((f"时间应写成 8:30，实际为“{text[:20]}”",))
    return minutes


def written(days: Iterable[CalendarDay]) -> str:
    """Return days as the form shows them; `read_days` reads the same."""
    lines = (f"{one.date} {'班' if one.works else '休'} {one.name}".rstrip() for one in days)
    return "\n".join(lines)


def clock(minute: int) -> str:
    """Return minutes after midnight as a time of day."""
    return f"{minute // 60}:{minute % 60:02d}"


def _days(line: str, year: int) -> tuple[list[CalendarDay], str]:
    """Return the days of a line, or what is wrong with it."""
    parts = _LINE.fullmatch(line)
    if parts is None:
        return [], f"应写成“2027-02-05 至 2027-02-11 休 春节”，实际为“{line[:40]}”"
    *numbers, what, name = parts.groups()
    try:
        first = _date(numbers[:3])
        last = _date(numbers[3:]) if numbers[3] else first
    except ValueError:
        return [], "没有这一天"
    problem = _problem(first, last, year)
    if not problem and what not in WORDS:
        problem = f"应为 休 或 班，实际为“{what[:20]}”"
    if not problem and len(name or "") > LONGEST_NAME:
        problem = f"名称超过 {LONGEST_NAME} 个字"
    if problem:
        return [], problem
    span = range((last - first).days + 1)
    return [_day(first + timedelta(days=n), WORDS[what], name or "") for n in span], ""


def _problem(first: date, last: date, year: int) -> str:
    if {first.year, last.year} != {year}:
        return f"应为 {year} 年的日期"
    if not 0 <= (last - first).days < LONGEST_SPAN_DAYS:
        return f"起止日期不对，或超过 {LONGEST_SPAN_DAYS} 天"
    return ""


def _date(numbers: list[str]) -> date:
    year, month, day = (int(one) for one in numbers)
    return date(year, month, day)


def _day(day: date, works: bool, name: str) -> CalendarDay:
    return CalendarDay(date=day.isoformat(), works=works, name=name.strip())
