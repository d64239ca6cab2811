"""Views: what the clerk's screen may show, drawn from the book, the lock and the uplink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from msgspec import Struct

from device.book import Book, Filed
from device.journal import Journal
from device.kiosk.port import Earlier, HoldView, RequestState, RequestView
from device.kiosk.port_custody import OrderView, SealView
from hardware.interfaces import Report
from ledger.custody import fits
from ledger.messages import VillageList

SHOWN = 60  # newest requests on the screen


class Names(Struct):
    """Applicants' names by request, opened once; `forget` when the plain values are erased."""

    known: dict[str, str] = {}

    def of(self, journal: Journal, request: str) -> str:
        """Return the applicant's name, or "" once it was erased."""
        if request not in self.known:
            self.known[request] = str(journal.opened(request).get("applicant", ""))
        return self.known[request]


def requests(
    journal: Journal, names: Names, village: VillageList | None, now_ms: int
) -> tuple[RequestView, ...]:
    """Return the newest requests of this machine, newest first."""
    titles = {matter.code: matter.name for matter in village.matters} if village else {}
    filed = islice(reversed(journal.book.filed.values()), SHOWN)
    return tuple(
        request(
            journal.book,
            one,
            now_ms,
            matter=titles.get(one.request.matter, one.request.matter),
            applicant=names.of(journal, one.sha256),
        )
        for one in filed
    )


def state(book: Book, filed: Filed, now_ms: int) -> RequestState:
    """Return how far a request of this machine is."""
    permit = book.warrant_of(filed.sha256)
    if filed.refused:
        return "refused"
    if permit is None:
        return "waiting"
    if book.is_revoked(permit):
        return "revoked"
    if book.spent_of(permit) >= permit.impressions:
        return "done"
    return "expired" if now_ms > permit.not_after_ms else "approved"


def request(book: Book, filed: Filed, now_ms: int, *, matter: str, applicant: str) -> RequestView:
    """Return one request as the clerk sees it."""
    permit = book.warrant_of(filed.sha256)
    left = permit.impressions - book.spent_of(permit) if permit else 0
    faint = book.faint_of(filed.sha256)
    return RequestView(
        request=filed.sha256,
        matter=matter,
        applicant=applicant,
        copies=filed.request.copies,
        filed_by=filed.request.filed_by,
        filed_ms=filed.at_ms,
        state=state(book, filed, now_ms),
        reason=filed.refused,
        faint=faint[0] if faint else "",
        faint_seam=faint is not None and faint[1].seam,
        reason_text=book.words.get(filed.sha256, ""),
        permit=permit.permit if permit else "",
        left=max(0, left),
        not_after_ms=permit.not_after_ms if permit else None,
        code=filed.request.matter,
        seal=filed.request.seal,
        standing=permit is not None and permit.standing is not None,
        seams=filed.request.seams or 0,
    )


def earlier(journal: Journal, request: str) -> Earlier | None:
    """Return what an own request said, as far as it is still known here; None: no such request."""
    filed = journal.book.filed.get(request)
    if filed is None:
        return None
    values = journal.opened(request)
    amount = values.get("amount")
    return Earlier(
        seal=filed.request.seal,
        matter=filed.request.matter,
        applicant=str(values.get("applicant", "")),
        purpose=str(values.get("purpose", "")),
        payee=str(values.get("payee", "")),
        amount_fen=amount if isinstance(amount, int) else None,
        copies=filed.request.copies,
        seams=filed.request.seams or 0,
    )


def custody(
    book: Book,
    seals: Mapping[str, str],
    reports: Mapping[str, Report | None],
    made: Callable[[str], int],
    now_ms: int,
) -> tuple[SealView, ...]:
    """Return where each seal is, and what may be done with it now.

    Args:
        seals: names by id; reports: what each controller read last, None while it is silent.
        made: counts the impressions since a hatch was opened.
    """
    return tuple(
        _seal(book, seal, name, reports[seal], made, now_ms) for seal, name in seals.items()
    )


def _seal(
    book: Book,
    seal: str,
    name: str,
    report: Report | None,
    made: Callable[[str], int],
    now_ms: int,
) -> SealView:
    standing = book.custody.standing(seal)
    orders = tuple(
        OrderView(
            permit=one.permit,
            purpose=one.purpose,
            not_after_ms=one.not_after_ms,
            fits=fits(standing, one.purpose),
        )
        for one in book.custody.orders()
        if one.seal == seal and one.not_after_ms >= now_ms and one.permit not in book.revoked
    )
    return SealView(
        seal=seal,
        name=name,
        place=standing.place,
        trouble=standing.trouble,
        permit=standing.permit,
        purpose=standing.purpose,
        since_ms=standing.since_ms,
        until_ms=standing.until_ms,
        shut=report is not None and report.inputs.door_closed,
        present=report is not None and report.inputs.seal_present,
        made=made(seal) if standing.opened else 0,
        orders=orders,
    )


def hold(book: Book) -> HoldView | None:
    """Return the oldest hold that keeps the machine locked."""
    for one in sorted(book.holds.values(), key=lambda one: one.at_ms):
        return HoldView(
            hold=one.sha256,
            code=one.incident.code,
            since_ms=one.at_ms,
            impressions_min=one.incident.impressions_min,
            impressions_max=one.incident.impressions_max,
            refused=book.release_refused,
        )
    return None
