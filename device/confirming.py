"""Confirming: an impression that waits for an approver who looks at its live photo.

Fails closed: without a network nothing is asked, without an answer in time nothing is opened, and
an answer counts for one photo and one impression alone.
"""

from __future__ import annotations

from msgspec import Struct

from device import bodies
from device.bodies import Order
from device.book import Book
from device.capture import Taken
from device.recorder import Recorder
from device.warrants import Warrant
from ledger.records import SEAM
from ledger.records_confirms import Form, ImpressionAsk, ImpressionConfirm, form_of


class Shown(Struct, frozen=True, kw_only=True):
    """What lies there: the live photo, what the approved page looks like, and flags of a use."""

    taken: Taken
    page: bytes
    flags: tuple[str, ...]


class Awaiting(Struct, frozen=True, kw_only=True):
    """An impression that was asked for by the entry `ask`."""

    ask: str
    n: int
    form: Form
    shown: Shown
    until_s: float


def ask(
    recorder: Recorder,
    permit: Warrant,
    n: int,
    by: str,
    shown: Shown,
    time_s: tuple[float, float],
    *,
    seam: bool,
) -> Awaiting:
    """Journal that an approver shall look at a photo, and return what is waited for.

    Args:
        time_s: monotonic seconds now, and for how long the machine waits.
        seam: it is wanted over the edges of the pile that lies there.

    Raises:
        JournalError: it could not be journaled; nothing is asked.
    """
    now_s, wait_s = time_s
    before = bodies.photo_ref(shown.taken)
    form = _form(recorder.journal.book, permit, seam=seam)
    body = ImpressionAsk(
        permit=permit.permit,
        request=permit.request,
        n=n,
        seal=permit.seal,
        before=before,
        operator=by,
        until_ms=recorder.clock.now_ms() + round(wait_s * 1000),
        form=form,
    )
    entry = recorder.append(body, photos=(before,))
    return Awaiting(ask=entry.sha256, n=n, form=form, shown=shown, until_s=now_s + wait_s)


def verdict(
    awaiting: Awaiting, answer: ImpressionConfirm | None, *, online: bool, now_ms: int, now_s: float
) -> str | None:
    """Return "" when the impression is released, a reason when not; None: wait on. Pure.

    Args:
        answer: of the entry that asked.
        now_ms, now_s: the machine's time, and monotonic seconds.
    """
    if answer is None:
        if not online:
            return "confirm-offline"
        return "confirm-timeout" if now_s >= awaiting.until_s else None
    if (answer.n, answer.photo) != (awaiting.n, awaiting.shown.taken.sha256):
        return "confirm-other"
    if answer.decision != "release":
        return "confirm-refused"
    return "confirm-timeout" if now_ms > answer.not_after_ms or now_s >= awaiting.until_s else ""


def objection(book: Book, awaiting: Awaiting, wanted: Order, again: Taken) -> str:
    """Return why a release does not count for the impression that comes next, "" if it does. Pure.

    Args:
        again: the page as it lies there now, compared with the released photo.
    """
    if "page-same" not in again.findings:
        return "confirm-moved"
    form = _form(book, wanted.permit, seam=SEAM in wanted.flags)
    return "" if (wanted.n, form) == (awaiting.n, awaiting.form) else "confirm-other"


def _form(book: Book, permit: Warrant, *, seam: bool) -> Form:
    filed = book.filed.get(permit.request)
    return form_of(
        seam=seam, makes_up=filed is not None and isinstance(filed.request.makes_up, str)
    )
