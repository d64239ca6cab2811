"""When something was or will be, as people say it: 今天 20:53, 9月7日 23:47. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from device.texts import Language, say


def moment_text(at_ms: int, now_ms: int, zone: tzinfo, language: Language) -> str:
    """Return the local day, which is a word if it is today, and the time of day."""
    at, now = _local(at_ms, zone), _local(now_ms, zone)
    if at.date() == now.date():
        return say(language, "moment.today", time=f"{at:%H:%M}")
    return _on(at, now, language)


def clock_text(at_ms: int, now_ms: int, zone: tzinfo, language: Language) -> str:
    """Return the same where room is scarce: of today the time alone."""
    at, now = _local(at_ms, zone), _local(now_ms, zone)
    return f"{at:%H:%M}" if at.date() == now.date() else _on(at, now, language)


def date_text(at_ms: int, now_ms: int, zone: tzinfo, language: Language) -> str:
    """Return the local date, with its year if that is not this one."""
    return _date(_local(at_ms, zone), _local(now_ms, zone), language)


def full_date_text(at_ms: int, zone: tzinfo, language: Language) -> str:
    """Return the local date with its year, for paper."""
    return _with_year(_local(at_ms, zone), language)


def _local(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=zone)


def _on(at: datetime, now: datetime, language: Language) -> str:
    return say(language, "moment.on", date=_date(at, now, language), time=f"{at:%H:%M}")


def _date(at: datetime, now: datetime, language: Language) -> str:
    return _day(at, language) if at.year == now.year else _with_year(at, language)


def _with_year(at: datetime, language: Language) -> str:
    return say(language, "moment.date-of-year", year=at.year, date=_day(at, language))


def _day(at: datetime, language: Language) -> str:
    return say(language, "moment.date", month=say(language, f"month.{at.month}"), day=at.day)
