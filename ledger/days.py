"""Days: which local day a moment belongs to; China has one time zone, all year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

OFFSET_S = 8 * 3600
LOCAL = timezone(timedelta(seconds=OFFSET_S), "CST")
_LAST_MS = 253_402_271_999_999  # the end of the year 9999 there; calendars know none after it


def local_time(at_ms: int) -> datetime:
    """Return the local time of a moment (UTC milliseconds), at most the end of the year 9999.

    An entry may claim any time: what looks at it must not end over that.
    """
    return datetime.fromtimestamp(min(at_ms, _LAST_MS) / 1000, UTC).astimezone(LOCAL)


def local_date(at_ms: int) -> str:
    """Return the local day of a moment (UTC milliseconds) as an ISO date."""
    return local_time(at_ms).date().isoformat()
