"""Orders on the calendar: one person drafts a year's working days, another releases them."""

from __future__ import annotations

from msgspec import structs

from gateway.book import Book, Done, known_account
from gateway.commands import DraftCalendar, ReleaseCalendar
from gateway.desk import workdays
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Transaction
from gateway.stores.office import CalendarView
from ledger.records_office import CalendarRelease

WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again
DAY_MS = 24 * 3600 * 1000


def draft(book: Book, transaction: Transaction, command: DraftCalendar, now_ms: int) -> Done:
    """Enter a draft; the hours of nobody change before another person releases it."""
    if not command.opens_minute < command.closes_minute:
        raise RequestRefusedError("calendar-hours", "expected an end after the beginning")
    calendars = transaction.calendars()
    body = CalendarRelease(
        version=1 + max((one.content.version for one in calendars), default=0),
        year=command.year,
        opens_minute=command.opens_minute,
        closes_minute=command.closes_minute,
        days=command.days,
        by=command.by,
        released_by=None,
    )
    standing = workdays.in_force(calendars, command.year)
    if standing is not None and _said(standing) == _said(body):
        raise RequestRefusedError("calendar-same", "expected a change, found the calendar in force")
    book.append(transaction, body, now_ms)
    return Done(answer=body.version)


def release(book: Book, transaction: Transaction, command: ReleaseCalendar, now_ms: int) -> Done:
    """Put another person's draft in force."""
    calendars = transaction.calendars()
    found = next((one for one in calendars if one.content.version == command.version), None)
    if found is None or found.released_index is not None:
        raise NotFoundError(f"expected a draft that waits, found none numbered {command.version}")
    if not is_waiting(found, calendars, now_ms):
        raise RequestRefusedError(
            "calendar-stale",
            f"expected a draft of the last {WAITING_DAYS} days and newer than any release of "
            f"{found.content.year}: draft it again",
        )
    drafter = transaction.account(found.content.by)
    releaser = known_account(transaction, command.by)
    if drafter is None or drafter.person == releaser.person:
        raise RequestRefusedError(
            "draft-own", f"expected another person than {found.content.by} to release it"
        )
    body = structs.replace(found.content, released_by=command.by)
    return Done(answer=book.append(transaction, body, now_ms).index)


def is_waiting(one: CalendarView, calendars: tuple[CalendarView, ...], now_ms: int) -> bool:
    """Return whether a draft can still be released."""
    standing = workdays.in_force(calendars, one.content.year)
    newer = standing is None or one.content.version > standing.version
    fresh = now_ms - one.drafted_ms <= WAITING_DAYS * DAY_MS
    return one.released_index is None and newer and fresh


def _said(one: CalendarRelease) -> tuple[object, ...]:
    return one.opens_minute, one.closes_minute, one.days
