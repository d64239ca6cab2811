"""List tables: the rows of a list file as a person wrote them, and what is wrong in them. Pure.

CSV is read here (UTF-8, or GB18030 as office programs in China save it), workbooks in
`list_workbook`. Rows are numbered as spreadsheet programs number them, from 1. The header is the
first row, or follows at most four rows of title; its names are Chinese or English.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from msgspec import Struct

from gateway.errors import GatewayError
from gateway.sheets import unguarded

HEADINGS = {
    "code": "代码",
    "name": "事项名称",
    "verdict": "结论",
    "category": "类别",
    "materials": "材料",
    "instead_go_to": "应去哪里办",
    "approver_role": "规定审批人",
    "max_copies": "最多份数",
    "source": "依据",
    "layer": "层级",
    "place": "地区",
    "from_date": "施行日期",
}
NOTE = "错误说明"  # the column of an annotated sheet; ignored when it comes back
COLUMNS = tuple(HEADINGS)
LARGEST_FILE = 2_000_000  # bytes
MOST_ROWS = 5_000
MOST_COLUMNS = 40
TITLE_ROWS = 4
LONGEST_LINE = 200_000  # characters of one CSV cell before the csv module stops
_NAMES = {**{name: name for name in COLUMNS}, **{zh: name for name, zh in HEADINGS.items()}}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Problem(Struct, frozen=True):
    """What is wrong: the row (0: the file as a whole), the column ("" for the row), and why."""

    line: int
    column: str
    text: str


class Row(Struct, frozen=True):
    """One row: its number and its cells, as many as there are columns."""

    line: int
    cells: tuple[str, ...]


class Table(Struct, frozen=True, kw_only=True):
    """A list file: headings as written, their columns ("" for the note), rows that say anything.

    `problems` are those that the form of the file has already.
    """

    header_line: int
    headings: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()

    def heading(self, column: str) -> str:
        """Return a column's Chinese name, and beside it what the file calls it otherwise."""
        name = HEADINGS.get(column, column)
        written = self.headings[self.columns.index(column)] if column in self.columns else name
        return name if written == name else f"{name}（{written}）"


class ListFileError(GatewayError):
    """A list file cannot be used; `rows` says where and why, for staff.

    `table` and `problems` are there when the file could be read: they make an annotated sheet.
    """

    code = "list-file"
    hint = "Correct the rows in the file and import it again."

    def __init__(
        self,
        rows: tuple[str, ...],
        table: Table | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(";".join(rows))
        self.rows, self.table, self.problems = rows, table, problems


def read_csv_table(file: bytes) -> Table:
    """Return the table of a CSV file.

    Raises:
        ListFileError: it is too long, of another encoding, or has no header.
    """
    check_size(file)
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    found: list[Row] = []
    try:
        for line, cells in enumerate(reader, start=1):
            if line > MOST_ROWS + TITLE_ROWS + 1:
                raise too_many_rows()
            found.append(Row(line, tuple(cells)))
    except csv.Error as error:
        raise ListFileError((f"第 {len(found) + 1} 行：不是 CSV 格式（{error}）",)) from error
    return table_of(found, ())


def check_size(file: bytes) -> None:
    """Raise ListFileError for a file that is too long, or of a program that we do not read."""
    if len(file) > LARGEST_FILE:
        raise ListFileError((f"文件不能超过 {LARGEST_FILE} 字节，实际 {len(file)} 字节",))
    if file.startswith(_OLD_EXCEL):
        raise ListFileError(("这是旧版 .xls 或加了密码的文件，请另存为不加密的 .xlsx 或 CSV",))


def too_many_rows() -> ListFileError:
    """Return what to say of a file with too many rows."""
    return ListFileError((f"最多 {MOST_ROWS} 行，文件里的行更多：请删去多余的行（包括空行）",))


def table_of(found: Sequence[Row], problems: Iterable[Problem]) -> Table:
    """Return the table of rows: find the header, leave out titles and empty rows.

    Raises:
        ListFileError: there is no header with code and name.
    """
    header = _header(found)
    headings = tuple(one.strip() for one in header.cells)
    while headings and not headings[-1]:
        headings = headings[:-1]
    columns = tuple("" if one == NOTE else _NAMES.get(one, one) for one in headings)
    _check_header(header.line, headings, columns)
    rows, wrong = [], [one for one in problems if one.line >= header.line]
    for row in found:
        if row.line <= header.line or not any(one.strip() for one in row.cells):
            continue
        cells = _cut(row.cells, len(headings))
        if cells is None:
            wrong.append(Problem(row.line, "", "列数与表头不同"))
        rows.append(Row(row.line, cells or _padded(row.cells, len(headings))))
        wrong += _formulas(rows[-1], columns)
    if len(rows) > MOST_ROWS:
        raise too_many_rows()
    return Table(
        header_line=header.line,
        headings=headings,
        columns=columns,
        rows=tuple(rows),
        problems=tuple(wrong),
    )


def cells_of(table: Table, row: Row) -> dict[str, str]:
    """Return a row's cells by column, without the marks against formulas and outer spaces."""
    named = zip(table.columns, row.cells, strict=True)
    return {name: _value(cell) for name, cell in named if name}


def told(problems: Iterable[Problem], table: Table) -> tuple[str, ...]:
    """Return one sentence for each wrong row, in the order of the rows."""
    by_line: dict[int, list[str]] = {}
    for one in problems:
        where = f"{table.heading(one.column)} " if one.column else ""
        by_line.setdefault(one.line, []).append(where + one.text)
    return tuple(f"第 {line} 行：{'、'.join(by_line[line])}" for line in sorted(by_line))


def _value(cell: str) -> str:
    return unguarded(cell.strip()).strip().replace("\r\n", "\n").replace("\r", "\n")


def _formulas(row: Row, columns: tuple[str, ...]) -> list[Problem]:
    text = "以 = 开头，像公式；若确为文字，请在最前面加单引号 '"
    named = zip(columns, row.cells, strict=True)
    return [Problem(row.line, name, text) for name, cell in named if cell.strip()[:1] == "="]


def _header(found: Sequence[Row]) -> Row:
    for row in found[: TITLE_ROWS + 1]:
        names = {_NAMES.get(one.strip()) for one in row.cells}
        if {"code", "name"} <= names:
            return row
    return found[0] if found else Row(1, ())


def _check_header(line: int, headings: tuple[str, ...], columns: tuple[str, ...]) -> None:
    named = zip(headings, columns, strict=True)
    unknown = [one for one, name in named if not one or (name and name not in COLUMNS)]
    missing = [name for name in ("code", "name") if name not in columns]
    if unknown or missing or len(set(columns)) != len(columns):
        expected = "、".join(HEADINGS.values())
        raise ListFileError(
            (
                f"第 {line} 行：表头应为 {expected} 中的列，每列只写一次，代码和事项名称必须有，"
                f"实际为 {'、'.join(one[:20] for one in headings[:20]) or '空'}",
            )
        )


def _cut(cells: tuple[str, ...], width: int) -> tuple[str, ...] | None:
    """Return exactly `width` cells; None when something stands beyond, or cells are missing."""
    if len(cells) < width or any(one.strip() for one in cells[width:]):
        return None
    return cells[:width]


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*cells[:width], *("" for _ in range(width - len(cells))))


def _text(file: bytes) -> str:
    wrong = ListFileError(("文件不是 UTF-8 或 GB18030 编码的文本",))
    if b"\0" in file or file.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ListFileError(("文件不是 UTF-8 或 GB18030 编码的文本：请另存为“CSV UTF-8”或 .xlsx",))
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(file):
            line = file[: error.start].count(b"\n") + 1
            raise ListFileError(
                (f"第 {line} 行：文件是 UTF-8 编码，但这里有损坏的字符，请重新保存",)
            ) from error
    try:
        return file.decode("gb18030")
    except UnicodeDecodeError as error:
        raise wrong from error


def _is_damaged_utf8(file: bytes) -> bool:
    """Tell whether all but a few characters are UTF-8: reading it as GB18030 would garble it."""
    if file.startswith(b"\xef\xbb\xbf"):
        return True
    text = file.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(ord(one) > 0x7FF and one != "\ufffd" for one in text)
    return good > 3 * bad
