"""Days: which local day a moment belongs to; China has one time zone, all year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

OFFSET_S = 8 * 3600
LOCAL = timezone(timedelta(seconds=OFFSET_S), "CST")


def local_date(at_ms: int) -> str:
    """Return the local day of a moment (UTC milliseconds) as an ISO date."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(LOCAL).date().isoformat()
