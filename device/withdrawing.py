"""Withdrawing: who filed a request takes it back at the machine, with or without a network.

The withdrawal is a signed entry; from it on no permit of the request is obeyed here.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from device import bodies, views
from device.book import Book, Filed
from device.errors import RequestRefusedError
from device.jobs import Jobs
from device.kiosk.port import WithdrawRequest
from device.recorder import Recorder

log = structlog.get_logger()


def withdraw(
    recorder: Recorder, jobs: Jobs, person_of: Callable[[str], str], asked: WithdrawRequest
) -> None:
    """Take a request back; a stamping of it that rests is left.

    Raises:
        RequestRefusedError: it is none of this person's, is over, or is being stamped now.
        JournalError: it could not be journaled; the request stands as before.
    """
    book = recorder.journal.book
    filed = _own(book, asked, person_of)
    if _under_way(book, jobs, asked.request):
        raise RequestRefusedError("withdraw-busy", "expected no impression under way, found one")
    state = views.state(book, filed, recorder.clock.read_for_permits()[0])
    if state not in ("waiting", "approved"):
        raise RequestRefusedError(
            "withdraw-late", f"expected a request that is not over, found it {state}"
        )
    permit = _own_permit(book, filed)
    recorder.append(bodies.withdrawal(filed, permit, asked.by))
    log.info("request_withdrawn", request=asked.request, permit=permit)


def _own(book: Book, asked: WithdrawRequest, person_of: Callable[[str], str]) -> Filed:
    filed = book.filed.get(asked.request)
    if filed is None:
        raise RequestRefusedError("no-request", "expected a request of this machine, found none")
    if person_of(filed.request.filed_by) != person_of(asked.by):
        raise RequestRefusedError(
            "not-filer", f"expected the person of {filed.request.filed_by}, found {asked.by}"
        )
    return filed


def _own_permit(book: Book, filed: Filed) -> str | None:
    """Return the permit that ends with the request; a standing one serves others, too."""
    warrant = book.warrant_of(filed.sha256)
    return None if warrant is None or warrant.standing is not None else warrant.permit


def _under_way(book: Book, jobs: Jobs, request: str) -> bool:
    """Leave a stamping of this request; True where an impression of it is not settled."""
    if jobs.job is not None and jobs.job.permit.request == request:
        jobs.end()
    if jobs.job is not None and jobs.job.permit.request == request:
        return True
    reserved = book.open_intent
    behind = None if reserved is None else book.warrant_behind(reserved.intent)
    return behind is not None and behind.request == request
