"""Photographed: how an impression ends, by what its photo after the press shows. Pure.

An impression that was proved ends as a use where a photo shows it, or could not tell. Where the
approved page is seen to bear nothing new, its mark is somewhere else or nowhere: an incident.
"""

from __future__ import annotations

from device.bodies import Order
from device.capture import Taken
from device.cycle import Event
from device.eyes import Seen
from ledger.records import SEAM
from vision.findings import Finding

_UNMARKED = {Finding.PAGE_SAME, Finding.IMPRESSION_MISSING}
_MARKED_LATE = {Finding.PAGE_SAME, Finding.IMPRESSION_SEEN}


def ended(order: Order, seen: Seen, *, again: bool, in_time: bool) -> Event | None:
    """Return how the impression ended by a look at its page; None: look once more.

    A hand or a reflection may hide a mark, so nothing is called missing at the first look.

    Args:
        again: an earlier photo of it showed no mark either.
        in_time: there is time for a photo that can be used.
    """
    if seen.error is not None:
        return None if in_time else Event.PHOTO_MISSING
    after: Taken = seen.value
    if "late_photo" in order.flags:
        return Event.PHOTOS_ACCEPTED if _shows(after, _MARKED_LATE) else Event.PHOTO_MISSING
    if not _shows(after, _UNMARKED) or SEAM in order.flags:
        return Event.PHOTOS_ACCEPTED
    return Event.IMPRESSION_MISSING if again else None


def _shows(after: Taken, words: set[Finding]) -> bool:
    return words <= set(after.findings)
