"""Standing permits on this machine: what each still allows, and why one allows nothing now. Pure.

The kiosk shows this, and a request that one covers names it and needs no answer of the township.
The check before each impression (`device.permits`) is what counts.
"""

from __future__ import annotations

from device import permits
from device.book import Book
from device.errors import PermitRefusedError
from device.kiosk.port import FileRequest, StandingView
from device.permits import Moment
from ledger.matters import Matter, Verdict, look_up
from ledger.records_permits import StandingPermit

NEVER_AGAIN = ("permit-revoked", "permit-expired", "permit-used-up", "permit-draft")


def views(
    book: Book, matters: tuple[Matter, ...], now_ms: int, operator: str = ""
) -> tuple[StandingView, ...]:
    """Return every standing permit that may be used again some day, by item.

    Args:
        operator: who would press; "" tells nothing about that.
    """
    found = [_view(book, one, matters, now_ms, operator) for one in book.standing.values()]
    return tuple(
        sorted(
            (one for one in found if one.reason not in NEVER_AGAIN),
            key=lambda one: (bool(one.reason), one.name),
        )
    )


def covering(
    book: Book, asked: FileRequest, matters: tuple[Matter, ...], now_ms: int
) -> StandingPermit | None:
    """Return the standing permit that covers all copies of a request now; None: none does.

    Money is never stamped without being asked for, nor a second mark in place of a faint one, nor
    the seam of several pages.
    """
    if asked.amount_fen or asked.payee.strip() or asked.makes_up or asked.seams:
        return None
    wanted = look_up(matters, asked.matter).matter
    for one in views(book, matters, now_ms, asked.by):
        same = wanted is not None and (one.seal, one.matter) == (asked.seal, wanted.code)
        if same and not one.reason and asked.copies <= one.left_today:
            return book.standing[one.permit]
    return None


def _view(
    book: Book, permit: StandingPermit, matters: tuple[Matter, ...], now_ms: int, operator: str
) -> StandingView:
    answer = look_up(matters, permit.matter)
    left = max(0, permit.total - book.spent(permit.permit))
    today = max(0, permit.per_day - book.spending.on_day(permit.permit, now_ms))
    reason = _refusal(book, permit, now_ms, operator)
    if not reason and answer.verdict is Verdict.FORBIDDEN:
        reason = answer.reason
    return StandingView(
        permit=permit.permit,
        seal=permit.seal,
        matter=permit.matter,
        name=answer.matter.name if answer.matter is not None else permit.matter,
        left_today=min(left, today),
        left=left,
        not_after_ms=permit.not_after_ms,
        agreed_by=tuple(one for one in (permit.by, permit.released_by) if one),
        reason=reason,
    )


def _refusal(book: Book, permit: StandingPermit, now_ms: int, operator: str) -> str:
    """Return why a permit allows nothing now, as a stable word, or ""."""
    if permit.permit in book.revoked:
        return "permit-revoked"
    moment = Moment(
        machine=permit.machine, seal=permit.seal, request="", at_ms=now_ms, proved=False
    )
    spent = book.spent(permit.permit)
    try:
        today = book.spending.on_day(permit.permit, now_ms)
        permits.check_standing(permit, moment, operator, spent, today)
    except PermitRefusedError as error:
        return error.reason
    return ""
