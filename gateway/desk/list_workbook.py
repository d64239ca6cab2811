"""List workbooks: the first visible sheet of an .xlsx file as a list table. Pure.

The file may be hostile. Before anything is parsed, its parts are counted and measured unpacked;
macros, links to other files and document type declarations are refused. Only values are read:
a formula, a merged cell, a date where text belongs, an error value is told at its row.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from gateway.desk.list_table import (
    MOST_COLUMNS,
    MOST_ROWS,
    TITLE_ROWS,
    ListFileError,
    Problem,
    Row,
    Table,
    check_size,
    table_of,
    too_many_rows,
)
from gateway.sheets import guarded, unguarded

MAGIC = b"PK\x03\x04"
MOST_PARTS = 200
MOST_UNPACKED = 30_000_000  # bytes of all parts together
MOST_BESIDE = 2_000_000  # bytes of a part that is neither sheet, text nor picture, such as styles
_LARGE = ("xl/worksheets/", "xl/sharedstrings.xml", "xl/media/")
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"
)
_ESCAPED = re.compile(r"_x005F_|_x000D_")


def read_workbook_table(file: bytes) -> Table:
    """Return the table of a workbook.

    Raises:
        ListFileError: it is no workbook that we read, too large, or has no header.
    """
    check_size(file)
    merged = _checked(file)
    try:
        found, problems = _read(file)
    except ListFileError:
        raise
    except Exception as error:  # a broken file may fail anywhere in the foreign parser
        raise ListFileError(
            (f"工作簿打不开，请用 Excel 或 WPS 重新另存为 .xlsx（{_brief(error)}）",)
        ) from error
    lines = {row.line for row in found}
    for left, first, right, last in merged:
        where = f"{left}{first}:{right}{last}"
        text = f"单元格 {where} 是合并的，请取消合并并逐行填写"
        problems += [Problem(line, "", text) for line in range(first, last + 1) if line in lines]
    return table_of(found, problems)


def _checked(file: bytes) -> list[tuple[str, int, str, int]]:
    """Return the merged areas of all sheets, once the parts are known to be harmless."""
    merged: list[tuple[str, int, str, int]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as parts:
            for name, data in _parts(parts):
                merged += _look(name, data)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise ListFileError(
            (f"工作簿已损坏或加了密码，请重新另存为 .xlsx（{_brief(error)}）",)
        ) from error
    return merged


def _parts(parts: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = parts.infolist()
    if len(infos) > MOST_PARTS or len({one.filename for one in infos}) != len(infos):
        raise ListFileError((f"工作簿里的部件太多或重复：最多 {MOST_PARTS} 个",))
    beside = [one for one in infos if not one.filename.lower().startswith(_LARGE)]
    is_large = any(one.file_size > MOST_BESIDE for one in beside)
    if is_large or sum(one.file_size for one in infos) > MOST_UNPACKED:
        raise ListFileError(
            (f"工作簿解压后超过 {MOST_UNPACKED} 字节：最多 {MOST_ROWS} 行，请删去多余的行和图片",)
        )
    for one in infos:
        yield one.filename.lower(), parts.read(one)  # never more than it says: checked above


def _look(name: str, data: bytes) -> list[tuple[str, int, str, int]]:
    if "vbaproject" in name or "/macrosheets/" in name or name.endswith(".bin"):
        if "printersettings" not in name:
            raise ListFileError(("工作簿带有宏或嵌入的程序，请另存为不带宏的 .xlsx",))
        return []
    if "/externallinks/" in name:
        raise ListFileError(("工作簿链接了别的文件，请先“断开链接”，把公式改成数值再保存",))
    is_markup = name.endswith((".xml", ".rels", ".vml"))
    if is_markup and (b"\0" in data[:200] or b"<!DOCTYPE" in data or b"<!ENTITY" in data):
        raise ListFileError(("工作簿里有不允许的声明，请用 Excel 或 WPS 重新另存为 .xlsx",))
    if not name.startswith("xl/worksheets/"):
        return []
    return [
        (left.decode(), int(first), right.decode(), int(last))
        for left, first, right, last in _MERGED.findall(data)
    ]


def _read(file: bytes) -> tuple[list[Row], list[Problem]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(file), read_only=True, keep_links=False)
    try:
        sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        if not sheets:
            raise ListFileError(("工作簿里没有可见的工作表",))
        sheet: Any = sheets[0]
        sheet.reset_dimensions()  # the file may lie about its size
        most = MOST_ROWS + TITLE_ROWS + 1
        found: list[Row] = []
        problems: list[Problem] = []
        for line, cells in enumerate(
            sheet.iter_rows(max_row=most + 1, max_col=MOST_COLUMNS + 1), start=1
        ):
            if line > most:
                raise too_many_rows()
            found.append(Row(line, tuple(_value(cell, line, problems) for cell in cells)))
        return _evened(found), problems
    finally:
        book.close()


def _evened(found: list[Row]) -> list[Row]:
    """Return rows of equal length: a workbook stores no empty cells at the end of a row."""
    width = max((len(row.cells) for row in found), default=0)
    return [Row(row.line, (*row.cells, *[""] * (width - len(row.cells)))) for row in found]


def _value(cell: Any, line: int, problems: list[Problem]) -> str:
    """Return a cell as text; what cannot be a value is noted and read as nothing."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if isinstance(value, str) and kind == "s":
        text = _ESCAPED.sub(lambda one: "_" if "5F" in one[0] else "", value)
        return text if unguarded(text) != text else guarded(text)
    wrong = ""
    if kind == "f":
        wrong = "是公式，请改成数值（复制后“选择性粘贴-数值”）"
    elif kind == "e":
        wrong = f"是错误值 {value}"
    elif isinstance(value, bool):
        wrong = "是真假值，请写成文字"
    if wrong:
        problems.append(Problem(line, "", f"单元格 {cell.coordinate} {wrong}"))
        return ""
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
        )
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120]
