"""Custody sheet: the custody book as a sheet, in a visitor's language and for his eyes."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.audit.custody_book import BookRow, book
from gateway.desk.access import Action
from gateway.sheets import Sheet, Value
from gateway.stores import Reader
from gateway.stores.calendar import local_time
from gateway.web.identity import Visitor
from gateway.web.reporting import Asked, period_of
from gateway.web.texts import text, word

COLUMNS = (
    "number", "at", "village", "seal", "what", "reason", "agreed", "present", "holder", "due",
    "returned", "counted", "entry", "remarks",
)  # fmt: skip
AREAS = ("book-remark", "work", "check", "unsampled")  # where the words of remarks stand


def custody_sheet(reader: Reader, visitor: Visitor, township: str, asked: Asked) -> Sheet:
    """Return the custody book; what the visitor may not read is left out of it."""
    writer = _Writer(reader, visitor)
    rows = book(reader, period_of(reader, visitor, asked))
    title = text(visitor.language, "book.title")
    return Sheet(
        name=title,
        title=f"{township} {title}",
        headings=tuple(text(visitor.language, f"book.{one}") for one in COLUMNS),
        rows=[writer.row(number, one) for number, one in enumerate(rows, start=1)],
    )


class _Writer:
    """Writes lines for one visitor out of one snapshot; names are looked up once."""

    def __init__(self, reader: Reader, visitor: Visitor) -> None:
        self._visitor = visitor
        self._people = {one.account: one.name for one in reader.accounts()}
        self._villages = {
            machine: village.name for village in reader.villages() for machine in village.machines
        }

    def row(self, number: int, row: BookRow) -> list[Value]:
        may_read = self._visitor.sees(row.machine, Action.READ_PERSONAL)
        area = "custody-step" if row.what in ("lost", "found", "void") else "purpose"
        return [
            number,
            _moment(row.at_ms),
            self._villages.get(row.machine, row.machine),
            self._word("seal", row.seal),
            self._word(area, row.what),
            (row.reason or "") if may_read else "—",
            self._names(one for one in (row.asked_by, row.permitted_by) if one is not None),
            self._names(row.present),
            "、".join(one for one in (row.holder, row.place) if one) if may_read else "—",
            _moment(row.due_ms),
            _moment(row.returned_ms),
            row.counted,
            row.index,
            "、".join(self._remark(one) for one in row.remarks),
        ]

    def _remark(self, code: str) -> str:
        said = (self._word(area, code) for area in AREAS)
        return next((one for one in said if one != code), code)

    def _names(self, accounts: Iterable[str]) -> str:
        return "、".join(self._people.get(one, one) for one in accounts)

    def _word(self, area: str, code: str) -> str:
        return word(self._visitor.language, area, code)


def _moment(at_ms: int | None) -> str:
    return "" if at_ms is None else local_time(at_ms).strftime("%Y-%m-%d %H:%M")
