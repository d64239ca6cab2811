"""Custody book: what was done with seals behind their hatches, a line for each, as it is filed.

A line is one opening of a hatch with what came of it, or a seal that was lost, found or voided.
Lines stand by time. What a take-out's line says of its return may be of a later period.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.reports import MOST_ROWS, Period, entries_of
from gateway.errors import RequestRefusedError
from gateway.stores import Reader
from gateway.stores.views import LogFilter, StoredEntry
from ledger.records_custody import Handover, Hatch, SealState, Service, TakeOut


class BookRow(Struct, frozen=True, kw_only=True):
    """One line; None where nothing is said, or where it is withheld, erased or not here.

    Args:
        index: the entry that opened the hatch, or that says what became of the seal.
        what: a `Purpose`, or `lost`, `found`, `void`.
        asked_by, permitted_by: accounts at the township; None: without such a permit.
        present: accounts at the machine; of a handover giver, receiver and witness.
        returned_ms: of a take-out: when it was brought back.
        counted: presses behind the hatch as the persons counted them.
        remarks: codes: `no-permit`, `open` (not settled), `absent` (the seal was not in it when
            it was shut), works, checks, why there is no imprint.
    """

    index: int
    at_ms: int
    machine: str
    seal: str
    what: str
    asked_by: str | None = None
    permitted_by: str | None = None
    present: tuple[str, ...] = ()
    reason: str | None = None
    holder: str | None = None
    place: str | None = None
    due_ms: int | None = None
    returned_ms: int | None = None
    counted: int | None = None
    remarks: tuple[str, ...] = ()


def book(reader: Reader, period: Period) -> tuple[BookRow, ...]:
    """Return the lines of a period, the earliest first, with everything that is opened here.

    Raises:
        RequestRefusedError: `report-long`.
    """
    found: dict[str, BookRow] = {}
    for entry in entries_of(reader, period, (Hatch.kind, SealState.kind)):
        body = entry.body
        if isinstance(body, SealState) and (body.state == "lost" or body.second is not None):
            found[entry.sha256] = _state(reader, entry, body)
        elif isinstance(body, Hatch) and body.step == "opened":
            found[f"{entry.machine}/{body.permit}"] = _opening(reader, entry, body)
        if len(found) > MOST_ROWS:
            raise RequestRefusedError(
                "report-long", f"expected at most {MOST_ROWS} lines in one book, found more"
            )
    return tuple(sorted(found.values(), key=lambda one: one.index))


def _state(reader: Reader, entry: StoredEntry, body: SealState) -> BookRow:
    asked = entry if body.asked is None else reader.entry(body.asked)
    return BookRow(
        index=entry.index,
        at_ms=entry.position.at_ms,
        machine=entry.machine,
        seal=body.seal,
        what=body.state,
        asked_by=body.by,
        permitted_by=body.second,
        reason=None if asked is None else _value(reader, asked, "reason"),
    )


def _opening(reader: Reader, entry: StoredEntry, body: Hatch) -> BookRow:
    """Return the line of an opening; one that went on after a restart is one line, at its first."""
    said = _of_permit(reader, entry.machine, body.permit)
    taken = next((one for one in said if _is_out(one)), None)
    closed = next((one.body for one in said if _is_closing(one)), None)
    view = reader.hatch(body.permit)
    permitted = view if view is not None and view.machine == entry.machine else None
    first = min((one for one in said if _is_opening(one)), key=lambda one: one.index)
    out = None if taken is None else taken.body
    return BookRow(
        index=first.index,
        at_ms=first.position.at_ms,
        machine=entry.machine,
        seal=body.seal,
        what=body.purpose,
        asked_by=None if permitted is None else permitted.asked_by,
        permitted_by=None if permitted is None else permitted.released_by,
        present=_present(said, body),
        reason=None if permitted is None else permitted.reason,
        holder=None if taken is None else _value(reader, taken, "holder"),
        place=None if taken is None else _value(reader, taken, "place"),
        due_ms=out.until_ms if isinstance(out, TakeOut) else None,
        returned_ms=None if taken is None else _returned_ms(reader, taken, body.seal),
        counted=closed.counted if isinstance(closed, Hatch) else None,
        remarks=tuple(_remarks(said, closed, permitted is not None)),
    )


def _of_permit(reader: Reader, machine: str, permit: str) -> tuple[StoredEntry, ...]:
    """Return what the machine said under a permit for its hatch, the earliest first."""
    kinds = (Hatch.kind, TakeOut.kind, Handover.kind, Service.kind)
    entries = reader.entries(LogFilter(machine=machine, kinds=kinds, permit=permit), limit=500)
    return tuple(one for one in reversed(entries) if one.party == "device")


def _present(said: tuple[StoredEntry, ...], body: Hatch) -> tuple[str, ...]:
    for one in said:
        if isinstance(one.body, Handover):
            return (one.body.giver, one.body.receiver, one.body.witness)
    return tuple(one for one in (body.by, body.second) if one is not None)


def _returned_ms(reader: Reader, taken: StoredEntry, seal: str) -> int | None:
    """Return when what went out came back; the machine's next return names the entry."""
    which = LogFilter(machine=taken.machine, kinds=(TakeOut.kind,), seal=seal)
    before: int | None = None
    while page := reader.entries(which, before):
        for one in page:
            if isinstance(one.body, TakeOut) and one.body.taken == taken.sha256:
                return one.position.at_ms
        before = page[-1].index
        if before <= taken.index:
            return None
    return None


def _remarks(said: tuple[StoredEntry, ...], closed: object, is_permitted: bool) -> Iterator[str]:
    if not is_permitted:
        yield "no-permit"
    for one in said:
        if isinstance(one.body, Service):
            yield from one.body.works
        elif isinstance(one.body, TakeOut) and one.body.check is not None:
            yield one.body.check
    if not isinstance(closed, Hatch):
        yield "open"
        return
    if not closed.present:
        yield "absent"
    if closed.unsampled is not None:
        yield closed.unsampled


def _is_opening(entry: StoredEntry) -> bool:
    return isinstance(entry.body, Hatch) and entry.body.step == "opened"


def _is_closing(entry: StoredEntry) -> bool:
    return isinstance(entry.body, Hatch) and entry.body.step == "closed"


def _is_out(entry: StoredEntry) -> bool:
    return isinstance(entry.body, TakeOut) and entry.body.step == "out"


def _value(reader: Reader, entry: StoredEntry, name: str) -> str | None:
    opening = reader.opening(entry.sha256)
    value = None if opening is None or opening.values is None else opening.values.get(name)
    return value if isinstance(value, str) else None
