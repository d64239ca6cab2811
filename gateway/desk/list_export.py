"""List export: a list as the file that says the same when it is imported again. Pure.

The file names its list (layer, place, day) in every row, so nobody types that again. An annotated
sheet is the file that was refused, with what is wrong beside each row and the cells coloured.
"""

from __future__ import annotations

from gateway.desk.list_changes import FIELDS, said
from gateway.desk.list_table import HEADINGS, NOTE, Problem, Table, cells_of
from gateway.sheets import Sheet, Value, to_csv, to_workbook
from ledger.matters import Matter, MatterList

_LAYERS = {"national": "全国", "province": "省", "county": "县", "township": "乡镇"}


def as_workbook(content: MatterList) -> bytes:
    """Return a list as a workbook that `lists.read_file` reads as the same list."""
    return to_workbook([_sheet(content)])


def as_csv(content: MatterList) -> bytes:
    """Return a list as CSV that `lists.read_file` reads as the same list."""
    return to_csv(_sheet(content))


def annotated(table: Table, problems: tuple[Problem, ...]) -> bytes:
    """Return a refused file as a workbook: its rows, wrong cells coloured, the note beside."""
    kept = [number for number, name in enumerate(table.columns) if name]
    places = {table.columns[number]: place for place, number in enumerate(kept)}
    rows: list[list[Value]] = []
    marked: set[tuple[int, int]] = set()
    for y, row in enumerate(table.rows):
        cells = cells_of(table, row)
        wrong = [one for one in problems if one.line == row.line]
        rows.append([*(cells[table.columns[number]] for number in kept), _note(wrong, table)])
        columns = [places.get(one.column, len(kept)) for one in wrong]
        marked |= {(y, x) for x in columns} | ({(y, len(kept))} if wrong else set())
    headings = (*(table.headings[number] for number in kept), NOTE)
    return to_workbook(
        [Sheet(name="事项清单", headings=headings, rows=rows, marked=frozenset(marked))]
    )


def _sheet(content: MatterList) -> Sheet:
    return Sheet(
        name="事项清单",
        headings=tuple(HEADINGS.values()),
        rows=[_row(one, content) for one in content.matters],
    )


def _row(matter: Matter, content: MatterList) -> list[Value]:
    values: list[Value] = [
        said(matter, field) for column, field in FIELDS if column != "max_copies"
    ]
    values.insert([column for column, _ in FIELDS].index("max_copies"), matter.max_copies)
    return [*values, _LAYERS[content.layer], content.place, content.from_date]


def _note(wrong: list[Problem], table: Table) -> str:
    said_of = [
        f"{table.heading(one.column)} {one.text}" if one.column else one.text for one in wrong
    ]
    return ";".join(said_of)
