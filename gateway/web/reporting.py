"""Reporting: the register and its figures as sheets, in a visitor's language and for his eyes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct, structs

from gateway.audit import reports
from gateway.audit.reports import Figure, Period, RegisterRow
from gateway.desk.access import Action
from gateway.errors import RequestRefusedError
from gateway.sheets import Sheet, Value
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import VillageView
from gateway.web.answers import MatterNames
from gateway.web.identity import Visitor
from gateway.web.render import day_start_ms, yuan
from gateway.web.texts import text, word

COLUMNS = (
    "number", "date", "village", "matter", "purpose", "applicant", "payee", "amount", "seal",
    "impressions", "approvers", "operators", "entry", "remarks",
)  # fmt: skip
COUNTED = ("requests", "refused", "permits", "impressions", "seams", "incidents", "off_hours")
DAY_MS = 24 * 3600 * 1000
LONGEST_DAYS = 366  # of one report; the figures read every entry of the period


class Asked(Struct, frozen=True, kw_only=True):
    """A period and a village ("": all that the visitor may see), as ISO days, both included."""

    first: str
    last: str
    village: str


def asked(first: str, last: str, village: str, now_ms: int) -> Asked:
    """Return what a form asks; this month where it says no day.

    Raises:
        RequestRefusedError: `report-period`.
    """
    today = local_date(now_ms)
    is_sound = day_start_ms(first) is not None and day_start_ms(last) is not None
    if not is_sound or first > last:
        first, last = f"{today[:7]}-01", today
    if (date.fromisoformat(last) - date.fromisoformat(first)).days >= LONGEST_DAYS:
        raise RequestRefusedError(
            "report-period", f"expected at most {LONGEST_DAYS} days, found {first} to {last}"
        )
    return Asked(first=first, last=last, village=village)


def period_of(reader: Reader, visitor: Visitor, asked: Asked) -> Period:
    """Return the period, with the machines of these villages that the visitor may see."""
    allowed = visitor.only_machines(Action.READ_LEDGER)
    machines = None if allowed is None else frozenset(allowed)
    if asked.village:
        found = reader.village(asked.village)
        own = frozenset(found.machines if found else ())
        machines = own if machines is None else own & machines
    return Period(
        from_ms=day_start_ms(asked.first) or 0,
        to_ms=(day_start_ms(asked.last) or 0) + DAY_MS,
        machines=machines,
    )


class Reporter:
    """Makes sheets for one visitor out of one snapshot; names are looked up once."""

    def __init__(self, reader: Reader, visitor: Visitor, township: str, now_ms: int) -> None:
        self._reader, self._visitor, self._township = reader, visitor, township
        self._people = {one.account: one.name for one in reader.accounts()}
        self._villages = {
            machine: village for village in reader.villages() for machine in village.machines
        }
        self._matters = MatterNames(reader, now_ms)

    def register(self, asked: Asked) -> Sheet:
        """Return the register; what the visitor may not read is left out of it."""
        period = period_of(self._reader, self._visitor, asked)
        rows = reports.register(self._reader, period)
        return Sheet(
            name=self._t("ledger.title"),
            title=f"{self._township} {self._t('ledger.title')}",
            headings=tuple(self._t(f"register.{one}") for one in COLUMNS),
            rows=[self._row(number, one) for number, one in enumerate(rows, start=1)],
        )

    def figures(self, asked: Asked) -> tuple[Sheet, Sheet]:
        """Return the figures by village and by item, each with its total."""
        period = period_of(self._reader, self._visitor, asked)
        by_machine = reports.figures(self._reader, period, "machine")
        villages = _together((self._village_code(one.key), one) for one in by_machine)
        names = {one.village: one.name for one in self._villages.values()}
        by_matter = reports.figures(self._reader, period, "matter")
        return (
            self._figures("ledger.by-village", "register.village", villages, names),
            self._figures(
                "ledger.by-matter",
                "register.matter",
                [one for one in by_matter if one.key or any(getattr(one, n) for n in COUNTED)],
                {one.key: self._matter_anywhere(one.key) for one in by_matter},
            ),
        )

    def _figures(
        self, name: str, heading: str, found: Iterable[Figure], names: dict[str, str]
    ) -> Sheet:
        found = list(found)
        rows: list[list[Value]] = [
            [names.get(one.key) or one.key or "—", *(getattr(one, field) for field in COUNTED)]
            for one in found
        ]
        totals = [sum(getattr(one, field) for one in found) for field in COUNTED]
        return Sheet(
            name=self._t(name),
            title=f"{self._township} {self._t('ledger.figures')} · {self._t(name)}",
            headings=(self._t(heading), *(self._t(f"figure.{field}") for field in COUNTED)),
            rows=[*rows, [self._t("figure.total"), *totals]],
        )

    def _row(self, number: int, row: RegisterRow) -> list[Value]:
        may_read = self._visitor.sees(row.machine, Action.READ_PERSONAL)
        village = self._villages.get(row.machine)
        return [
            number,
            reports.day_of(row),
            village.name if village else row.machine,
            self._matters.of(row.machine, row.matter),
            (row.purpose or "") if may_read else "—",
            (row.applicant or "") if may_read else "—",
            (row.payee or "") if may_read else "—",
            ("" if row.amount_fen is None else yuan(row.amount_fen)) if may_read else "—",
            word(self._visitor.language, "seal", row.seal),
            row.impressions,
            self._names(row.approvers),
            self._names(row.operators),
            row.index,
            "、".join(self._remark(one) for one in row.remarks),
        ]

    def _remark(self, code: str) -> str:
        language = self._visitor.language
        said = word(language, "remark", code)
        return word(language, "incident", code) if said == code else said

    def _names(self, accounts: tuple[str, ...]) -> str:
        return "、".join(self._people.get(one, one) for one in accounts)

    def _village_code(self, machine: str) -> str:
        village: VillageView | None = self._villages.get(machine)
        return village.village if village else ""

    def _matter_anywhere(self, code: str) -> str:
        """Return what an item is called in the first village that has it."""
        names = (self._matters.of(machine, code) for machine in self._villages)
        return next((one for one in names if one != code), code)

    def _t(self, key: str, **values: object) -> str:
        return text(self._visitor.language, key, **values)


def _together(found: Iterable[tuple[str, Figure]]) -> list[Figure]:
    """Return figures added up by key, in its order."""
    summed: dict[str, Figure] = {}
    for key, one in found:
        known = summed.get(key, Figure(key=key))
        added = {field: getattr(known, field) + getattr(one, field) for field in COUNTED}
        summed[key] = structs.replace(known, **added)
    return [summed[key] for key in sorted(summed)]
