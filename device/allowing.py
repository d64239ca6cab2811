"""Allowing: whether all that the book says allows one more impression. Pure."""

from __future__ import annotations

from device import permits
from device.book import Book
from device.errors import PermitRefusedError
from device.permits import Moment
from device.warrants import Warrant


def check(book: Book, warrant: Warrant, at: Moment, by: str) -> None:
    """Return if one more impression is allowed.

    Args:
        by: who will press.

    Raises:
        PermitRefusedError: with the reason.
    """
    permits.check_custody(book.custody.standing(at.seal))
    permits.check(warrant, at, book.spent_of(warrant), book.is_revoked(warrant))
    if warrant.standing is None:
        return
    if book.warrant_of(warrant.request) is None:
        raise PermitRefusedError("request-refused", "expected an open request, found a refused one")
    today = book.spending.on_day(warrant.permit, at.at_ms)
    permits.check_standing(warrant.standing, at, by, book.spent(warrant.permit), today)
