"""Job: the stamping in hand, as far as it has got."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from typing import Any, Literal

from msgspec import Struct

from device.bodies import Order, photo_ref
from device.capture import Taken
from device.confirming import Awaiting, Shown
from device.kiosk.port import JobView
from device.leaves import LOST, STAMPED, Leaves
from device.seams import Left, Pile, pile
from device.warrants import Warrant
from ledger.records import SEAM

# Before an impression is begun; in a mirror every page is another one, so that is said first.
_STOPPING = ("blank", "page-mirrored", LOST, "page-other", STAMPED)
_VERDICTS = {"page-same", "page-unclear"}  # without one of them nobody compared the page
# What does not stop an impression, but is said of it afterwards.
_UNCLEAR = "page_unclear"
_FLAGGED = {"page-unclear": _UNCLEAR, "page-stamped": "page_stamped"}


class Job(Struct, kw_only=True):
    """The stamping in hand; `answer` is open from the clerk's tap until the lever is free.

    `leaves`: the approved pages. `seam`: the next impression is a seam stamp, of `pile`.
    """

    permit: Warrant
    by: str
    view: JobView
    leaves: Leaves
    begun_s: float
    seam: bool
    pile: Pile
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


def taken_up(
    permit: Warrant, by: str, leaves: Leaves, left: Left, *, seam: bool, before: Job | None
) -> Job:
    """Return the job of a request that is taken up.

    Args:
        left: impressions that are left; `seam`: the next one is a seam stamp.
        before: the job until now; where its seam stamp stopped, its pages need not be shown again.
            What it has read of the same pages is kept.
    """
    if before is not None and before.leaves.pages == leaves.pages:
        leaves = before.leaves
    again = before is not None and seam and before.seam
    if before is not None and again and (before.permit.request, before.by) == (permit.request, by):
        shown = before.pile
    else:
        shown = pile(leaves.pages)
    view = JobView(
        permit=permit.permit,
        request=permit.request,
        seal=permit.seal,
        n=min(permit.impressions - left.total + 1, permit.impressions),
        of=permit.impressions,
        step=_laying(seam, shown),
        pages=len(leaves.pages),
        seam=seam,
        seams=left.seams,
        shown=len(shown.shown),
    )
    return Job(permit=permit, by=by, view=view, leaves=leaves, begun_s=0.0, seam=seam, pile=shown)


def laid(job: Job, taken: Taken, page: bytes) -> tuple[dict[str, Any], Shown | None]:
    """Take note of what lies there and may be stamped.

    Args:
        taken: its photo, compared with the approved pages; `page` is the one that it shows.

    Returns:
        What the screen shows of it, and what to stamp on; None: it was one page of a pile.
    """
    told: dict[str, Any] = {"page": _page_number(job.leaves.pages, page)}
    unclear = "page-unclear" in taken.findings
    if job.seam and not job.pile.complete:
        known, job.pile = job.pile, job.pile.with_page(page, unclear=unclear)
        told["step"] = _laying(True, job.pile)
        told["reason"] = "page-shown" if job.pile == known else ""
        return {**told, "shown": len(job.pile.shown)}, None
    flags = flags_of(taken.findings)
    if job.seam and job.pile.unclear and _UNCLEAR not in flags:
        flags += (_UNCLEAR,)
    return told, Shown(taken=taken, page=page, flags=flags)


def go_on(job: Job, left: Left) -> dict[str, Any]:
    """Take note that an impression is recorded; return what the screen shows of what is left."""
    job.seam, job.pile = left.is_seam(False), pile(job.leaves.pages)
    step = "show" if job.seam else "next"
    return {
        "step": step if left.total else "done",
        "seam": job.seam,
        "seams": left.seams,
        "shown": 0,
    }


def _laying(seam: bool, shown: Pile) -> Literal["lay", "show", "fan"]:
    """Return the step at which the clerk lays something down."""
    if not seam:
        return "lay"
    return "fan" if shown.complete else "show"


def order(job: Job, n: int, shown: Shown) -> Order:
    """Return impression `n` of a job, on the page that was checked."""
    return Order(
        permit=job.permit,
        n=n,
        operator=job.by,
        before=photo_ref(shown.taken),
        page=shown.taken.jpeg or shown.page,
        approved=shown.page,
        flags=(*shown.flags, SEAM) if job.seam else shown.flags,
    )


def _page_number(pages: tuple[str, ...], page: bytes) -> int:
    """Return which of the approved pages (hashes) this JPEG is, from 1; 0 if it is none."""
    sha256 = hashlib.sha256(page).hexdigest()
    return pages.index(sha256) + 1 if sha256 in pages else 0


def page_hashes(opened: dict[str, Any]) -> list[str]:
    """Return the hashes of the approved pages from a request's opened values."""
    return [str(page["sha256"]) for page in opened.get("pages", [])]
