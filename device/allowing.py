"""Allowing: whether all that the book says allows one more impression. Pure."""

from __future__ import annotations

from collections.abc import Callable

from device import permits
from device.book import Book
from device.errors import PermitRefusedError
from device.permits import Moment
from device.warrants import Warrant
from ledger.records_permits import StandingPermit


def check(
    book: Book, warrant: Warrant, at: Moment, by: str, person_of: Callable[[str], str]
) -> None:
    """Return if one more impression is allowed.

    Args:
        by: the account that will press; `person_of` names its person.

    Raises:
        PermitRefusedError: with the reason.
    """
    if book.is_withdrawn(warrant.request):
        raise PermitRefusedError("request-refused", "expected an open request, found a withdrawn")
    permits.check_custody(book.custody.standing(at.seal))
    permits.check(warrant, at, book.spent_of(warrant), book.is_revoked(warrant))
    permits.check_kind(at.seam, book.left_of(warrant))
    if warrant.standing is not None:
        _check_standing(book, warrant, warrant.standing, at, by)
    permits.check_operator(warrant, by, person_of)


def _check_standing(
    book: Book, warrant: Warrant, standing: StandingPermit, at: Moment, by: str
) -> None:
    if book.warrant_of(warrant.request) is None:
        raise PermitRefusedError("request-refused", "expected an open request, found a refused one")
    today = book.spending.on_day(warrant.permit, at.at_ms)
    permits.check_standing(standing, at, by, book.spent(warrant.permit), today)
