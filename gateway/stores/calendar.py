"""Calendar: which day it is where the villages are; China has one time zone, all year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

OFFSET_S = 8 * 3600
LOCAL = timezone(timedelta(seconds=OFFSET_S), "CST")


def local_date(at_ms: int) -> str:
    """Return the local day of a moment as an ISO date."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(LOCAL).date().isoformat()


def years_before(at_ms: int, years: int) -> int:
    """Return the first millisecond of the local day that lies so many years before a moment."""
    day = date.fromisoformat(local_date(at_ms))
    last = min(day.day, 28) if day.month == 2 else day.day  # 29 February is not in every year
    start = datetime.combine(day.replace(year=day.year - years, day=last), time(), LOCAL)
    return int(start.timestamp() * 1000)
