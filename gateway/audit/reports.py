"""Reports: the register of seal uses as a township files it, and its figures.

One row of the register is one permit that was used in the period: what for, for whom, who agreed,
who stamped, how many impressions were made. Rows stand by time, figures by village and item in
the order of their codes, never by size: nobody is ranked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from gateway.desk import workdays
from gateway.errors import RequestRefusedError
from gateway.stores import Reader
from gateway.stores.calendar import local_date, local_time
from gateway.stores.office import CalendarView
from gateway.stores.views import LogFilter, PermitView, RequestView, StoredEntry
from ledger.records import SEAM, Incident, Refusal, SealRequest, SealUse

MOST_ROWS = 3_000  # permits in one register; a longer period is filed in parts
_PAGE = 500


class Period(Struct, frozen=True, kw_only=True):
    """What a report covers: [from, to) in milliseconds, and these machines alone (None: all)."""

    from_ms: int
    to_ms: int
    machines: frozenset[str] | None


class RegisterRow(Struct, frozen=True, kw_only=True):
    """One line of the register; None where a value is withheld, erased or not here.

    Args:
        index: the entry of its first use in the period.
        impressions: made in the period, as far as they are proved or were counted.
        remarks: codes: `no-permit`, `late_photo`, `seam`, incidents' codes.
    """

    index: int
    at_ms: int
    machine: str
    seal: str
    matter: str
    list_version: int
    impressions: int
    operators: tuple[str, ...]
    approvers: tuple[str, ...]
    applicant: str | None
    purpose: str | None
    payee: str | None
    amount_fen: int | None
    remarks: tuple[str, ...]


class Figure(Struct, frozen=True, kw_only=True):
    """What was counted of one machine or one item."""

    key: str
    requests: int = 0
    refused: int = 0
    permits: int = 0
    impressions: int = 0
    seams: int = 0
    incidents: int = 0
    off_hours: int = 0


def register(reader: Reader, period: Period) -> tuple[RegisterRow, ...]:
    """Return the register of a period, the earliest first, with everything that is opened here.

    Raises:
        RequestRefusedError: `report-long`.
    """
    found: dict[str, list[StoredEntry]] = {}
    for entry in entries_of(reader, period, (SealUse.kind, Incident.kind)):
        key = _permit_of(reader, entry)
        if key is not None:
            found.setdefault(key, []).append(entry)
        if len(found) > MOST_ROWS:
            raise RequestRefusedError(
                "report-long", f"expected at most {MOST_ROWS} permits in one report, found more"
            )
    rows = [_row(reader, permit, entries) for permit, entries in found.items()]
    return tuple(sorted(rows, key=lambda one: one.index))


def figures(reader: Reader, period: Period, by: str) -> tuple[Figure, ...]:
    """Return the counts of a period, by `machine` or by `matter`, in the order of the key."""
    counted: dict[str, dict[str, int]] = {}
    calendars = reader.calendars()
    kinds = (SealRequest.kind, Refusal.kind, "permit", SealUse.kind, Incident.kind)
    for entry in entries_of(reader, period, kinds):
        key = entry.machine if by == "machine" else _matter_of(reader, entry)
        counts = counted.setdefault(key, {})
        for name, number in _counts(reader, entry, calendars):
            counts[name] = counts.get(name, 0) + number
    return tuple(Figure(key=key, **counted[key]) for key in sorted(counted))


def _matter_of(reader: Reader, entry: StoredEntry) -> str:
    """Return the item that an entry names; an incident's is that of its permit; "" without one."""
    if isinstance(entry.body, Incident):
        permit = _permit_of(reader, entry)
        view = reader.permit(permit) if permit is not None else None
        return "" if view is None else view.matter
    return getattr(entry.body, "matter", None) or ""


def _counts(
    reader: Reader, entry: StoredEntry, calendars: tuple[CalendarView, ...]
) -> Iterator[tuple[str, int]]:
    match entry.body:
        case SealRequest():
            yield "requests", 1
        case Refusal(about=str()):
            yield "refused", 1
        case SealUse(flags=flags):
            yield "impressions", 1
            yield "seams", int(SEAM in flags)
            year = local_time(entry.position.at_ms).year
            calendar = workdays.in_force(calendars, year)
            if not workdays.within_hours(calendar, entry.position.at_ms):
                yield "off_hours", 1
        case Incident():
            yield "incidents", 1
            yield "impressions", _impressions(reader, entry)
        case _ if entry.kind == "permit":
            yield "permits", 1


def entries_of(reader: Reader, period: Period, kinds: tuple[str, ...]) -> Iterator[StoredEntry]:
    """Yield the entries of a period of these kinds and of its machines, the newest first."""
    which = LogFilter(kinds=kinds, from_ms=period.from_ms, to_ms=period.to_ms)
    before: int | None = None
    while page := reader.entries(which, before, _PAGE):
        yield from (
            one for one in page if period.machines is None or one.machine in period.machines
        )
        before = page[-1].index


def _impressions(reader: Reader, entry: StoredEntry) -> int:
    """Return what an entry made: one use, or what was counted of an incident, or is proved."""
    if isinstance(entry.body, SealUse):
        return 1
    assert isinstance(entry.body, Incident)
    hold = reader.hold(entry.sha256)
    counted = None if hold is None else hold.counted
    return entry.body.impressions_min if counted is None else counted


def _permit_of(reader: Reader, entry: StoredEntry) -> str | None:
    """Return the permit that an impression was made under; None: an incident beside any."""
    body = entry.body
    if isinstance(body, SealUse):
        return body.permit
    assert isinstance(body, Incident)
    intent = reader.entry(body.intent) if body.intent is not None else None
    return None if intent is None else getattr(intent.body, "permit", None)


def _row(reader: Reader, permit: str, entries: list[StoredEntry]) -> RegisterRow:
    view = reader.permit(permit)
    request = None if view is None else reader.request(view.request)
    first = min(entries, key=lambda one: one.index)
    uses = [one.body for one in entries if isinstance(one.body, SealUse)]
    incidents = [one.body for one in entries if isinstance(one.body, Incident)]
    opened = _opened(request)
    amount = opened.get("amount")
    return RegisterRow(
        index=first.index,
        at_ms=first.position.at_ms,
        machine=first.machine,
        seal=_seal(view, uses, incidents),
        matter=view.matter if view is not None else next((one.matter for one in uses), ""),
        list_version=0 if view is None else view.list_version,
        impressions=sum(_impressions(reader, one) for one in entries),
        operators=_unique(one.operator for one in uses),
        approvers=_unique(
            one.approver
            for one in (request.approvals if request else ())
            if one.decision == "approve"
        ),
        applicant=_text(opened, "applicant"),
        purpose=_text(opened, "purpose"),
        payee=_text(opened, "payee"),
        amount_fen=amount if isinstance(amount, int) else None,
        remarks=_remarks(view, uses, incidents),
    )


def _seal(view: PermitView | None, uses: list[SealUse], incidents: list[Incident]) -> str:
    if view is not None:
        return view.seal
    return next((one.seal for one in uses), next((one.seal for one in incidents), "") or "")


def _remarks(
    view: PermitView | None, uses: list[SealUse], incidents: list[Incident]
) -> tuple[str, ...]:
    found = [] if view is not None else ["no-permit"]
    found += [flag for flag in ("late_photo", SEAM) if any(flag in one.flags for one in uses)]
    return _unique((*found, *(one.code for one in incidents)))


def _opened(request: RequestView | None) -> dict[str, object]:
    if request is None or request.opening is None or request.opening.values is None:
        return {}
    return request.opening.values


def _text(values: dict[str, object], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def day_of(row: RegisterRow) -> str:
    """Return the local day of a row's first impression."""
    return local_date(row.at_ms)
