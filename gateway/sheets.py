"""Sheets: what leaves for spreadsheet programs, as a workbook or as CSV.

No text that leaves can be taken for a formula: one that begins like a formula gets a quote mark
before it, in workbooks as in CSV, because files change their format on the way. `unguarded` takes
exactly that mark away again, so a file that comes back says what it said.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

Value = str | int | None
STARTS = "=+-@＝＋－＠\t\r\n"
_LIKE_FORMULA = re.compile(f"'*[{re.escape(STARTS)}]")
_GUARDED = re.compile(f"'+[{re.escape(STARTS)}]")
_WIDEST = 60  # characters of a column; longer text is wrapped


class Sheet(Struct, frozen=True, kw_only=True):
    """A sheet: its name, a line above (or ""), headings and rows; `marked` cells are coloured.

    Args:
        marked: (row from 0, column from 0) of cells to be corrected.
    """

    name: str
    headings: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    title: str = ""
    marked: frozenset[tuple[int, int]] = frozenset()


def guarded(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula."""
    return f"'{text}" if _LIKE_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text without the mark that `guarded` set."""
    return text[1:] if _GUARDED.match(text) else text


def to_csv(sheet: Sheet) -> bytes:
    """Return the sheet as CSV in UTF-8, with the mark by which office programs know that."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.headings)
    writer.writerows([_text(one) for one in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def to_workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook (.xlsx): headings in bold and fixed, texts as text, widths that fit."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet in sheets:
        _write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(book: object, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(sheet.name)  # type: ignore[attr-defined]  # openpyxl's own class
    page.freeze_panes = "A3" if sheet.title else "A2"
    for number, width in enumerate(_widths(sheet), start=1):
        page.column_dimensions[get_column_letter(number)].width = width
    bold, red = Font(bold=True), PatternFill("solid", fgColor="FFFFC7CE")
    if sheet.title:
        page.append([_cell(page, sheet.title, font=Font(bold=True, size=14))])
    page.append([_cell(page, one, font=bold) for one in sheet.headings])
    wrapped = Alignment(wrap_text=True, vertical="top")
    for y, row in enumerate(sheet.rows):
        page.append(
            [
                _cell(
                    page,
                    one,
                    alignment=wrapped,
                    **({"fill": red} if (y, x) in sheet.marked else {}),
                )
                for x, one in enumerate(row)
            ]
        )


def _cell(page: object, value: Value, **style: object) -> object:
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        cell = WriteOnlyCell(page, value=value)  # type: ignore[arg-type]  # takes any sheet
    else:
        cell = WriteOnlyCell(page, value=_escaped(guarded(value)))  # type: ignore[arg-type]
        cell.data_type = "s"
        cell.number_format = "@"
    for name, look in style.items():
        setattr(cell, name, look)
    return cell


def _escaped(text: str) -> str:
    """Return text as a workbook holds it: there `_x0041_` stands for a character."""
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


def _widths(sheet: Sheet) -> list[int]:
    widths = [_width(one) for one in sheet.headings]
    for row in sheet.rows[:500]:
        widths = [max(now, _width(one)) for now, one in zip(widths, row, strict=True)]
    return [min(_WIDEST, one + 2) for one in widths]


def _width(value: Value) -> int:
    lines = str("" if value is None else value).splitlines() or [""]
    return max(sum(2 if ord(one) > 0x2E7F else 1 for one in line) for line in lines)


def _text(value: Value) -> str:
    return "" if value is None else guarded(str(value))
