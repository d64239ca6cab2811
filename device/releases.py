"""Releases: which words of the gateway are for this machine; may this count end that hold? Pure.

A count below what the controller has proved would give impressions away that were made, so the
machine stays held and says so. Above, a person may have found more than the machine could see
(whoever has the case open can stamp without it), up to a number that is only a slip of the finger.
"""

from __future__ import annotations

from device.book import COUNT_REFUSED, Book, Hold
from ledger.records import Approval, HoldRelease, Record, Refusal, Revocation
from ledger.records_confirms import ImpressionConfirm

MOST_COUNTED = 1000  # impressions that a person may state, as at the gateway
BELOW, ABSURD = COUNT_REFUSED


def contradiction(release: HoldRelease, hold: Hold | None) -> str:
    """Return why a release must not be obeyed, as a stable word, or ""."""
    if hold is not None and release.impressions < hold.incident.impressions_min:
        return BELOW
    return ABSURD if release.impressions > MOST_COUNTED else ""


def concerns(body: Record, device: str, book: Book) -> bool:
    """Tell whether an entry of the gateway that needs no proof is for this machine."""
    match body:
        case (
            Revocation(machine=machine)
            | HoldRelease(machine=machine)
            | ImpressionConfirm(machine=machine)
        ):
            return machine == device
        case Approval(request=about) | Refusal(about=str() as about):
            return about in book.filed
        case _:
            return False
