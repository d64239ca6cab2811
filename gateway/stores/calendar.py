"""Calendar: which day it is where the villages are; China has one time zone, all year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=8), "CST")


def local_date(at_ms: int) -> str:
    """Return the local day of a moment as an ISO date."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(LOCAL).date().isoformat()
