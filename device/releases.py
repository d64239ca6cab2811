"""Releases: which words of the gateway are for this machine; may this count end that hold? Pure.

A count below what the controller has proved would give impressions away that were made, so the
machine stays held and says so. Above, a person may have found more than the machine could see
(whoever has the case open can stamp without it), up to a number that is only a slip of the finger.
"""

from __future__ import annotations

from device.book import COUNT_REFUSED, Hold
from ledger.records import HoldRelease

MOST_COUNTED = 1000  # impressions that a person may state, as at the gateway
BELOW, ABSURD = COUNT_REFUSED


def contradiction(release: HoldRelease, hold: Hold | None) -> str:
    """Return why a release must not be obeyed, as a stable word, or ""."""
    if hold is not None and release.impressions < hold.incident.impressions_min:
        return BELOW
    return ABSURD if release.impressions > MOST_COUNTED else ""
