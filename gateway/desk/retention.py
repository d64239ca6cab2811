"""Retention: what may be erased, when it is due, and who may confirm it. Pure.

Nothing is erased that is still needed: not while a request waits for a decision, a permit runs,
a machine is held, or an alert or case about it is open. Who asks never confirms; persons are
compared, not accounts.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from gateway.desk.permits import has_ended
from gateway.errors import RequestRefusedError
from gateway.stores import Reader
from gateway.stores.calendar import years_before
from gateway.stores.erasures import KEPT_KINDS, DueEntry
from gateway.stores.views import Account, AlertView, StoredEntry
from ledger.records import AlertRecord, Permit, SealRequest
from ledger.records_permits import EmergencyPermit, StandingPermit
from ledger.records_retention import DEFAULT_YEARS, RetentionPolicy, What

DAY_MS = 24 * 3600 * 1000
ASKED_DAYS = 30  # what nobody confirmed by then must be asked for again


class Years(Struct, frozen=True):
    """How long openings and photos are kept."""

    openings: int
    photos: int


class Cutoffs(Struct, frozen=True):
    """What came before these times is due."""

    openings_before_ms: int
    photos_before_ms: int


def years(policy: RetentionPolicy | None) -> Years:
    """Return the years in force; without a policy in the log, the default."""
    if policy is None:
        return Years(DEFAULT_YEARS, DEFAULT_YEARS)
    return Years(policy.openings_years, policy.photos_years)


def cutoffs(kept: Years, now_ms: int) -> Cutoffs:
    """Return from when on back things are due today."""
    return Cutoffs(years_before(now_ms, kept.openings), years_before(now_ms, kept.photos))


def what_is_due(entry: DueEntry) -> What:
    """Return what of an entry is due."""
    return "both" if entry.opening and entry.photos else "opening" if entry.opening else "photos"


def is_due(entry: StoredEntry, what: What, limits: Cutoffs) -> bool:
    """Tell whether the time of an entry's values and photos is over."""
    opening_due = entry.received_ms < limits.openings_before_ms
    photos_due = entry.received_ms < limits.photos_before_ms
    return (opening_due or what == "photos") and (photos_due or what == "opening")


def check_second(asked_by: Account | None, confirmer: Account) -> None:
    """Return if another person than the one who asked confirms.

    Raises:
        RequestRefusedError: `unknown-person` or `same-person`.
    """
    if asked_by is None:
        raise RequestRefusedError(
            "unknown-person", "expected the account of the person who asked, found none"
        )
    if asked_by.person == confirmer.person:
        raise RequestRefusedError(
            "same-person",
            f"expected another person than {asked_by.account} to confirm, found the same one",
        )


def needed_for(reader: Reader, entry: StoredEntry, what: What, now_ms: int) -> str | None:
    """Return why an entry's values or photos must not be erased, as a reason code; None: nothing.

    Reasons: `not-erasable`, `photo-shared`, `request-open`, `permit-running`, `hold-open`,
    `alert-open`, `case-open`.
    """
    if entry.kind in KEPT_KINDS:
        return "not-erasable"
    if _shares_a_photo(reader, entry.sha256, what):
        return "photo-shared"
    affair = reader.affair(entry.sha256)
    for one in affair:
        reason = _needed_by(reader, one, now_ms)
        if reason is not None:
            return reason
    return _open_finding(reader, affair)


def _needed_by(reader: Reader, entry: StoredEntry, now_ms: int) -> str | None:
    match entry.body:
        case SealRequest():
            request = reader.request(entry.sha256)
            return "request-open" if request and request.state in ("filed", "open") else None
        case Permit(permit=name) | StandingPermit(permit=name) | EmergencyPermit(permit=name):
            permit = reader.permit(name)
            return "permit-running" if permit and not has_ended(permit, now_ms) else None
    hold = reader.hold(entry.sha256)
    return "hold-open" if hold is not None and hold.released_index is None else None


def _open_finding(reader: Reader, affair: tuple[StoredEntry, ...]) -> str | None:
    for alert in _alerts(reader, affair):
        case = None if alert.case is None else reader.case(alert.case)
        if case is None:
            return "alert-open"
        if case.steps[-1].step != "closed":
            return "case-open"
    return None


def _alerts(reader: Reader, affair: tuple[StoredEntry, ...]) -> Iterable[AlertView]:
    for found in reader.alerts_about(one.sha256 for one in affair).values():
        yield from found
    for one in affair:
        alert = reader.alert(one.body.alert) if isinstance(one.body, AlertRecord) else None
        if alert is not None:
            yield alert


def _shares_a_photo(reader: Reader, sha256: str, what: What) -> bool:
    """Tell whether a photo that would go is named by another entry, too: that is evidence."""
    return any(
        other.entry_sha256 != sha256
        for photo in reader.photos(sha256)
        if what != "opening" or photo.role == "page"
        for other in reader.photo(photo.sealed_sha256)
        if "asked" not in (photo.role, other.role)  # the same photo, before the use it became
    )
