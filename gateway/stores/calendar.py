"""Calendar: which day it is where the villages are; China has one time zone, all year."""

from __future__ import annotations

from datetime import date, datetime, time

from ledger.days import LOCAL, OFFSET_S, local_date, local_time

__all__ = ["LOCAL", "OFFSET_S", "local_date", "local_time", "years_before"]


def years_before(at_ms: int, years: int) -> int:
    """Return the first millisecond of the local day that lies so many years before a moment."""
    day = date.fromisoformat(local_date(at_ms))
    last = min(day.day, 28) if day.month == 2 else day.day  # 29 February is not in every year
    start = datetime.combine(day.replace(year=day.year - years, day=last), time(), LOCAL)
    return int(start.timestamp() * 1000)
