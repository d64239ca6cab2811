"""Items lists: read an authority's file, compare versions, resolve a village's own list. Pure.

A file (CSV or .xlsx) has a header row; code and name are needed. A file of forbidden items says
where to go instead, one of allowed items says who approves; a column 结论 decides for each row.
It may say whose list it is and from which day, then in every row alike. What a file says wrong is
told row by row, in Chinese, because staff keep these files.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from gateway.desk.list_table import (
    ListFileError,
    Problem,
    Table,
    cells_of,
    read_csv_table,
    told,
)
from gateway.desk.list_workbook import MAGIC, read_workbook_table
from ledger.matters import LAYERS, Layer, Matter, MatterList, Verdict, normalise
from ledger.messages import VillageList

VERDICT_WORDS = {
    "可以": Verdict.ALLOWED,
    "禁止": Verdict.FORBIDDEN,
    "酌情": Verdict.DISCRETIONARY,
}
VERDICTS = {
    **VERDICT_WORDS,
    "allowed": Verdict.ALLOWED,
    "forbidden": Verdict.FORBIDDEN,
    "discretionary": Verdict.DISCRETIONARY,
}
LAYER_WORDS: dict[str, Layer] = {
    **{one: one for one in LAYERS},
    "全国": "national",
    "省": "province",
    "县": "county",
    "乡镇": "township",
}
LONGEST_CODE = 60  # characters; a request names an item by it
LONGEST_TEXT = 2_000
MOST_COPIES = 200
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


class Difference(Struct, frozen=True, kw_only=True):
    """What a new version changes; items are compared by their normalised names."""

    added: tuple[Matter, ...]
    removed: tuple[Matter, ...]
    changed: tuple[tuple[Matter, Matter], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


class Heading(Struct, frozen=True):
    """Whose list a file says it is, and from which day; "" where it does not say."""

    layer: str
    place: str
    from_date: str


def read_table(file: bytes) -> Table:
    """Return the rows of a list file, CSV or workbook.

    Raises:
        ListFileError: it cannot be read as either.
    """
    return read_workbook_table(file) if file.startswith(MAGIC) else read_csv_table(file)


def read_file(file: bytes, layer: Layer, place: str, from_date: str) -> MatterList:
    """Return the list that a file says; its version is given when it is released (0 here).

    Raises:
        ListFileError: every row that is wrong, with its number.
    """
    return _content(read_table(file), layer, place, from_date)


def read_csv(file: bytes, layer: Layer, place: str, from_date: str) -> MatterList:
    """As `read_file`, of CSV alone."""
    return _content(read_csv_table(file), layer, place, from_date)


def heading_of(table: Table) -> Heading:
    """Return what the first row of a file says of the list as a whole."""
    row = cells_of(table, table.rows[0]) if table.rows else {}
    said = row.get("layer", "")
    return Heading(
        layer=LAYER_WORDS.get(said, said),
        place=row.get("place", ""),
        from_date=iso_day(row.get("from_date", "")) or row.get("from_date", ""),
    )


def iso_day(text: str) -> str | None:
    """Return a day as YYYY-MM-DD, from the forms in which people write it; None: no day."""
    found = _DAY.fullmatch(text.strip().removesuffix("T00:00:00").replace(" ", ""))
    if found is None:
        return None
    year, month, day = (int(one) for one in found.groups() if one is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def only_codes(file: bytes, prefix: str) -> bytes:
    """Return the file as CSV with those rows alone whose code begins with `prefix`.

    Raises:
        ListFileError: it is no file that we read.
    """
    table = read_table(file)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.headings)
    for row in table.rows:
        if cells_of(table, row)["code"].startswith(prefix):
            writer.writerow(row.cells)
    return out.getvalue().encode()


def compare(old: MatterList | None, new: MatterList) -> Difference:
    """Return what `new` changes of `old` (None: nothing stood before)."""
    before = {} if old is None else {normalise(one.name): one for one in old.matters}
    after = {normalise(one.name): one for one in new.matters}
    return Difference(
        added=tuple(one for name, one in after.items() if name not in before),
        removed=tuple(one for name, one in before.items() if name not in after),
        changed=tuple(
            (before[name], one)
            for name, one in after.items()
            if name in before and before[name] != one
        ),
    )


def village_list(
    gateway: str,
    village: str,
    version: int,
    matters: Iterable[Matter],
    window: tuple[str, str],
    now_ms: int,
) -> VillageList:
    """Return the message by which a village's machines answer offline.

    `window` is the township window's name and phone.
    """
    return VillageList(
        gateway=gateway,
        village=village,
        version=version,
        at_ms=now_ms,
        window=window[0],
        window_phone=window[1],
        matters=tuple(matters),
    )


def _content(table: Table, layer: Layer, place: str, from_date: str) -> MatterList:
    """Return the items of a table, or raise ListFileError with all that is wrong in it."""
    default = _default_verdict(table.columns)
    problems = list(table.problems)
    unsound = {one.line for one in problems}
    matters: list[Matter] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        if row.line in unsound:
            continue
        cells = cells_of(table, row)
        wrong = [Problem(row.line, column, text) for column, text in _problems(cells, default)]
        wrong += [
            Problem(row.line, column, text)
            for column, text in _other_list(cells, layer, place, from_date)
        ]
        for key in (cells["code"], normalise(cells["name"])):
            if key and key in seen:
                wrong.append(Problem(row.line, "", f"与第 {seen[key]} 行重复"))
                break
        problems += wrong
        if not wrong:
            matter = _matter(cells, layer, place, default)
            seen[matter.code] = seen[normalise(matter.name)] = row.line
            matters.append(matter)
    if problems:
        raise ListFileError(told(problems, table), table, tuple(problems))
    if not matters:
        raise ListFileError(("文件里没有任何事项",))
    return MatterList(
        layer=layer, place=place, version=0, from_date=from_date, matters=tuple(matters)
    )


def _default_verdict(columns: Iterable[str]) -> Verdict | None:
    names = set(columns)
    if "instead_go_to" in names:
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED if "approver_role" in names else None


def _problems(cells: dict[str, str], default: Verdict | None) -> list[tuple[str, str]]:
    """Return the column and the sentence of everything that is wrong in a row."""
    filled = {"code": cells["code"], "name": normalise(cells["name"])}
    found = [(name, "为空") for name, value in filled.items() if not value]
    if len(cells["code"]) > LONGEST_CODE:
        found.append(("code", f"超过 {LONGEST_CODE} 个字"))
    for name, value in cells.items():
        if len(value) > LONGEST_TEXT:
            found.append((name, f"超过 {LONGEST_TEXT} 个字"))
        if any(_is_unseen(one) for one in value):
            found.append((name, "含看不见的控制字符，请重新输入"))
    verdict = cells.get("verdict", "")
    if verdict and verdict not in VERDICTS:
        found.append(("verdict", f"应为 {'、'.join(VERDICT_WORDS)}，实际为“{verdict[:40]}”"))
    if not verdict and default is None:
        found.append(("", "无法判断可以还是禁止：请加一列“结论”"))
    copies = cells.get("max_copies", "")
    if copies and not (copies.isascii() and copies.isdigit() and 1 <= int(copies) <= MOST_COPIES):
        found.append(("max_copies", f"应为 1 到 {MOST_COPIES} 的整数，实际为“{copies[:40]}”"))
    return found


def _is_unseen(one: str) -> bool:
    """Tell whether this is a control character or no character at all; a new line is allowed."""
    if one == "\n":
        return False
    is_no_character = ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF
    return is_no_character or unicodedata.category(one) in ("Cc", "Cs")


def _other_list(
    cells: dict[str, str], layer: Layer, place: str, from_date: str
) -> list[tuple[str, str]]:
    """Return what a row says against the list that it is imported as."""
    found = []
    said = cells.get("layer", "")
    if said and LAYER_WORDS.get(said) != layer:
        found.append(("layer", f"与所选的不同，实际为“{said[:40]}”"))
    if cells.get("place", place) not in ("", place):
        found.append(("place", f"应为“{place}”，实际为“{cells['place'][:40]}”"))
    day = cells.get("from_date", "")
    if day and iso_day(day) is None:
        found.append(("from_date", f"应写成 年-月-日，例如 2026-01-31，实际为“{day[:40]}”"))
    elif day and iso_day(day) != from_date:
        found.append(("from_date", f"应与所选的 {from_date} 相同，实际为“{day[:40]}”"))
    return found


def _matter(cells: dict[str, str], layer: Layer, place: str, default: Verdict | None) -> Matter:
    verdict = VERDICTS.get(cells.get("verdict", ""), default)
    assert verdict is not None, "_problems has refused such a row"
    copies = cells.get("max_copies", "")
    return Matter(
        code=cells["code"],
        name=cells["name"],
        verdict=verdict,
        layer=layer,
        place=place,
        category=cells.get("category", ""),
        materials=cells.get("materials", ""),
        instead=cells.get("instead_go_to", ""),
        basis=cells.get("source", ""),
        approver=cells.get("approver_role", ""),
        max_copies=int(copies) if copies else None,
    )
