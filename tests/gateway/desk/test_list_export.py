"""Exported lists: what goes out comes back the same; what was refused comes back annotated."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import gateway
from gateway.desk import list_export, lists
from gateway.desk.list_changes import row_changes
from gateway.desk.list_table import ListFileError
from gateway.desk.lists import heading_of, read_table
from gateway.sheets import STARTS, guarded, unguarded
from ledger.matters import Layer, Matter, MatterList, Verdict, normalise

DATA = Path(gateway.__file__).parent / "data"
DAY = "2026-06-01"
EXPORTS = {"xlsx": list_export.as_workbook, "csv": list_export.as_csv}
REGIONS = ("HB-", "ZJ", "ZQ-", "XY-", "JS-")

TEXT = st.text(
    st.one_of(
        st.sampled_from("=+-@'\"＝,;\n_x0041_x005F_x000D_居住证明&<>\u3000"),
        st.characters(exclude_categories=("Cc", "Cs", "Cn")),
    ),
    max_size=40,
).map(str.strip)
MATTERS = st.builds(
    Matter,
    code=TEXT.filter(bool),
    name=TEXT.filter(lambda one: bool(normalise(one))),
    verdict=st.sampled_from(Verdict),
    layer=st.just("county"),
    place=st.just("示例县"),
    category=TEXT,
    materials=TEXT,
    instead=TEXT,
    basis=TEXT,
    approver=TEXT,
    max_copies=st.none() | st.integers(1, 200),
)
LISTS = st.lists(
    MATTERS,
    min_size=1,
    max_size=4,
    unique_by=(lambda one: one.code, lambda one: normalise(one.name)),
).filter(lambda all_: not {one.code for one in all_} & {normalise(one.name) for one in all_})


def content_of(matters: list[Matter]) -> MatterList:
    return MatterList(
        layer="county", place="示例县", version=0, from_date=DAY, matters=tuple(matters)
    )


@pytest.mark.parametrize("form", EXPORTS)
@settings(max_examples=60, deadline=None)
@given(matters=LISTS)
def test_export_is_import(form: str, matters: list[Matter]) -> None:
    content = content_of(matters)

    file = EXPORTS[form](content)

    assert lists.read_file(file, "county", "示例县", DAY) == content


@given(text=st.text(max_size=20))
def test_guard_is_taken_away_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in STARTS or not text


def real_lists() -> list[tuple[str, bytes, Layer]]:
    """Every item list that ships, the regional file region by region."""
    regional = (DATA / "negative-items-regional.csv").read_bytes()
    found: list[tuple[str, bytes, Layer]] = [
        (f"regional {one}", lists.only_codes(regional, one), "county") for one in REGIONS
    ]
    for name in ("negative-items.csv", "approved-items-example.csv"):
        found.append((name, (DATA / name).read_bytes(), "township"))
    return found


@pytest.mark.parametrize(("name", "file", "layer"), real_lists(), ids=lambda one: str(one)[:24])
@pytest.mark.parametrize("form", EXPORTS)
def test_every_real_list_survives_export_and_office_encodings(
    form: str, name: str, file: bytes, layer: Layer
) -> None:
    content = lists.read_file(file, layer, "示例镇", DAY)
    exported = EXPORTS[form](content)

    again = lists.read_file(exported, layer, "示例镇", DAY)

    assert again == content
    assert (
        lists.read_file(file.decode("utf-8-sig").encode("gb18030"), layer, "示例镇", DAY) == content
    )
    assert {one.state for one in row_changes(content, again)} == {"unchanged"}


def test_regional_lists_together_are_the_whole_file() -> None:
    whole = lists.read_csv(
        (DATA / "negative-items-regional.csv").read_bytes(), "county", "示例镇", DAY
    )

    parts = [lists.read_csv(file, layer, "示例镇", DAY) for name, file, layer in real_lists()[:5]]

    assert sum(len(one.matters) for one in parts) == len(whole.matters) == 26


@pytest.mark.parametrize("form", EXPORTS)
def test_export_says_whose_list_it_is_so_that_nobody_types_it_again(form: str) -> None:
    file = EXPORTS[form](content_of([_matter("A", "甲")]))

    heading = heading_of(read_table(file))

    assert (heading.layer, heading.place, heading.from_date) == ("county", "示例县", DAY)


@pytest.mark.parametrize("start", list("=+-@＝＋－＠"))
def test_no_exported_cell_is_a_formula(start: str) -> None:
    content = content_of([_matter("A", f'{start}HYPERLINK("http://x","按这里")甲')])

    sheet = load_workbook(io.BytesIO(list_export.as_workbook(content))).active
    rows = list(csv.reader(io.StringIO(list_export.as_csv(content).decode("utf-8-sig"))))

    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert sheet["B2"].value.startswith(f"'{start}")
    assert rows[1][1].startswith(f"'{start}")


def test_annotated_sheet_marks_what_is_wrong_and_can_be_corrected_and_imported() -> None:
    file = "代码,事项名称,结论\nA,甲,可以\nB,,也许\nC,丙,禁止\n".encode("gb18030")
    with pytest.raises(ListFileError) as caught:
        lists.read_file(file, "county", "示例县", DAY)
    assert caught.value.table is not None

    sheet: Any = load_workbook(
        io.BytesIO(list_export.annotated(caught.value.table, caught.value.problems))
    ).active

    assert [cell.value for cell in sheet[1]] == ["代码", "事项名称", "结论", "错误说明"]
    assert sheet["D2"].value is None or sheet["D2"].value == ""
    assert "事项名称 为空" in sheet["D3"].value and "结论 应为" in sheet["D3"].value
    coloured = {c.coordinate for row in sheet.iter_rows() for c in row if c.fill.fill_type}
    assert coloured == {"B3", "C3", "D3"}
    sheet["B3"], sheet["C3"] = "乙", "酌情"
    corrected = io.BytesIO()
    sheet.parent.save(corrected)
    again = lists.read_file(corrected.getvalue(), "county", "示例县", DAY)
    assert [one.name for one in again.matters] == ["甲", "乙", "丙"]


def test_changes_are_told_row_by_row() -> None:
    old = content_of([_matter("A", "甲"), _matter("B", "乙"), _matter("C", "丙")])
    new = content_of(
        [_matter("D", "丁"), _matter("B", "乙"), _matter("A2", "甲", Verdict.FORBIDDEN)]
    )

    changes = row_changes(old, new)

    assert [(one.row, one.state, one.matter.name) for one in changes] == [
        (1, "added", "丁"), (2, "unchanged", "乙"), (3, "changed", "甲"), (0, "removed", "丙"),
    ]  # fmt: skip
    assert [(f.column, f.before, f.after) for f in changes[2].fields] == [
        ("code", "A", "A2"), ("verdict", "可以", "禁止"),
    ]  # fmt: skip


def _matter(code: str, name: str, verdict: Verdict = Verdict.ALLOWED) -> Matter:
    return Matter(code=code, name=name, verdict=verdict, layer="county", place="示例县")
