"""Job: the stamping in hand, as far as it has got."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from msgspec import Struct

from device.confirming import Awaiting
from device.kiosk.port import JobView
from device.warrants import Warrant


class Job(Struct, kw_only=True):
    """The stamping in hand; `answer` is open from the clerk's tap until the lever is free."""

    permit: Warrant
    by: str
    view: JobView
    begun_s: float
    answer: Future[object] | None = None
    token: int | None = None
    retaken: bool = False
    awaiting: Awaiting | None = None


def first_view(permit: Warrant, spent: int, window_s: float) -> JobView:
    """Return what the screen shows of a stamping that was just taken up.

    Args:
        spent: impressions made, reserved or not disproved of those that it allows.
    """
    return JobView(
        permit=permit.permit,
        request=permit.request,
        seal=permit.seal,
        n=min(spent + 1, permit.impressions),
        of=permit.impressions,
        step="lay",
        window_s=window_s,
    )


def page_hashes(opened: dict[str, Any]) -> list[str]:
    """Return the hashes of the approved pages from a request's opened values."""
    return [str(page["sha256"]) for page in opened.get("pages", [])]
