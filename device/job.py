"""Job: the stamping in hand, as far as it has got."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from typing import Any

from msgspec import Struct

from device.bodies import Order, photo_ref
from device.confirming import Awaiting, Shown
from device.kiosk.port import JobView
from device.references import STAMPED
from device.warrants import Warrant

_STOPPING = ("blank", "page-other", STAMPED)  # before an impression is begun
_VERDICTS = {"page-same", "page-unclear"}  # without one of them nobody compared the page
# What does not stop an impression, but is said of it afterwards.
_FLAGGED = {"page-unclear": "page_unclear", "page-stamped": "page_stamped"}


class Job(Struct, kw_only=True):
    """The stamping in hand; `answer` is open from the clerk's tap until the lever is free.

    `pages`: hashes of the approved pages.
    """

    permit: Warrant
    by: str
    view: JobView
    pages: list[str]
    begun_s: float
    answer: Future[object] | None = None
    token: int | None = None
    retaken: bool = False
    awaiting: Awaiting | None = None


def objection(findings: tuple[str, ...]) -> str:
    """Return why what lies there must not be stamped, "" if it may be. Pure."""
    if stopping := next((one for one in _STOPPING if one in findings), ""):
        return stopping
    return "" if _VERDICTS & set(findings) else "page-unknown"


def flags_of(findings: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the record of an impression says of the page before it. Pure."""
    return tuple(flag for finding, flag in _FLAGGED.items() if finding in findings)


def order(job: Job, n: int, shown: Shown) -> Order:
    """Return impression `n` of a job, on the page that was checked."""
    return Order(
        permit=job.permit,
        n=n,
        operator=job.by,
        before=photo_ref(shown.taken),
        page=shown.taken.jpeg or shown.page,
        approved=shown.page,
        flags=shown.flags,
    )


def first_view(permit: Warrant, spent: int, window_s: float, pages: int) -> JobView:
    """Return what the screen shows of a stamping that was just taken up.

    Args:
        spent: impressions made, reserved or not disproved of those that it allows.
        pages: how many were approved.
    """
    return JobView(
        permit=permit.permit,
        request=permit.request,
        seal=permit.seal,
        n=min(spent + 1, permit.impressions),
        of=permit.impressions,
        step="lay",
        window_s=window_s,
        pages=pages,
    )


def page_number(pages: list[str], page: bytes) -> int:
    """Return which of the approved pages (hashes) this JPEG is, from 1; 0 if it is none."""
    sha256 = hashlib.sha256(page).hexdigest()
    return pages.index(sha256) + 1 if sha256 in pages else 0


def page_hashes(opened: dict[str, Any]) -> list[str]:
    """Return the hashes of the approved pages from a request's opened values."""
    return [str(page["sha256"]) for page in opened.get("pages", [])]
