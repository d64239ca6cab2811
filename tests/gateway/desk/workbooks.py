"""Workbooks for the tests: honest ones, and ones that no list file may be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

HEAD = ("代码", "事项名称", "结论", "最多份数", "依据")


def workbook(*rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> bytes:
    """Return a workbook of these rows, as a person's spreadsheet program would save it."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    if change is not None:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(file: bytes, name: str, data: bytes) -> bytes:
    """Return the workbook with a part added, or replaced by another content."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.infolist():
            if one.filename != name:
                new.writestr(one.filename, old.read(one))
        new.writestr(name, data)
    return out.getvalue()


def sheet_of_rows(count: int) -> bytes:
    """Return the XML of a sheet with so many rows."""
    row = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
    rows = b"".join(row % (n, n) for n in range(1, count + 1))
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (space, rows)
