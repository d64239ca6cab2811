"""List files from spreadsheet programs: what people save is read, what is hostile is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from gateway.desk import lists
from gateway.desk.list_table import ListFileError
from ledger.matters import Verdict
from tests.gateway.desk.workbooks import HEAD, sheet_of_rows, with_part, workbook

DAY = "2026-06-01"
GOOD = ("T-01", "居住证明", "可以", 3, "镇〔2026〕1号")
SHEET = "xl/worksheets/sheet1.xml"


def read(file: bytes) -> Any:
    return lists.read_file(file, "township", "示例镇", DAY)


def rows_of(file: bytes) -> tuple[str, ...]:
    with pytest.raises(ListFileError) as caught:
        read(file)
    return caught.value.rows


def test_workbook_is_read_as_the_csv_of_the_same_rows() -> None:
    csv = "代码,事项名称,结论,最多份数,依据\r\nT-01,居住证明,可以,3,镇〔2026〕1号\r\n"

    assert read(workbook(HEAD, GOOD)) == read(csv.encode()) == read(csv.encode("gb18030"))


def test_title_rows_empty_rows_and_numbers_are_understood() -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("A1:E1")

    file = workbook(
        ("示例镇用印事项清单",), HEAD, (), (1001, "建房", "禁止", None, ""), (), change=merge
    )

    (matter,) = read(file).matters

    assert (matter.code, matter.name, matter.verdict) == ("1001", "建房", Verdict.FORBIDDEN)


def test_what_is_no_value_is_named_by_its_cell() -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("A6:A7")

    file = workbook(
        HEAD,
        ("A", "=B9", "可以", 1, ""),
        ("B", "真假", "可以", True, ""),
        ("C", "错误", "可以", 1, "#REF!"),
        (datetime.date(2026, 1, 2), "日期", "可以", 1, ""),
        ("D", "合并甲", "可以", 1, ""),
        (None, "合并乙", "可以", 1, ""),
        change=merge,
    )

    told = rows_of(file)

    assert [one[:5] for one in told] == [f"第 {n} 行" for n in (2, 3, 4, 6, 7)]
    assert (
        "单元格 B2 是公式" in told[0]
        and "D3 是真假值" in told[1]
        and "E4 是错误值 #REF!" in told[2]
    )
    assert "A6:A7 是合并的" in told[3] and "A6:A7 是合并的" in told[4]


@pytest.mark.parametrize(
    "written", ["2026-06-01", "2026/6/1", "2026.06.01", "2026年6月1日", "20260601",
                datetime.date(2026, 6, 1)],
)  # fmt: skip
def test_day_is_understood_as_people_write_it(written: Any) -> None:
    file = workbook((*HEAD, "施行日期"), (*GOOD, written))

    assert read(file).from_date == DAY
    assert lists.heading_of(lists.read_table(file)).from_date == DAY


@pytest.mark.parametrize("written", ["46174", "六月一日", "2026-02-30", 46174])
def test_day_that_is_none_is_told(written: Any) -> None:
    (told,) = rows_of(workbook((*HEAD, "施行日期"), (*GOOD, written)))

    assert told.startswith("第 2 行：施行日期 应写成 年-月-日")


def test_file_of_another_list_is_told_in_each_row() -> None:
    file = workbook((*HEAD, "层级", "地区", "施行日期"), (*GOOD, "县", "萧山区", "2027-01-01"))

    (told,) = rows_of(file)

    assert "层级 与所选的不同" in told and "地区 应为“示例镇”" in told and "施行日期 应与" in told


@pytest.mark.parametrize(
    ("part", "data", "expected"),
    [
        ("xl/vbaProject.bin", b"macro", "宏"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "宏"),
        ("xl/embeddings/oleObject1.bin", b"x", "宏或嵌入"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "链接了别的文件"),
        (SHEET, b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "不允许的声明"),
        (SHEET, b"\xff\xfe" + "<a/>".encode("utf-16-le"), "不允许的声明"),
        (SHEET, b"<worksheet", "打不开"),
        ("xl/media/bomb.bmp", b"\0" * 31_000_000, "解压后超过"),
        ("xl/styles.xml", b"<styleSheet/>" + b" " * 2_000_000, "解压后超过"),
        (SHEET, sheet_of_rows(6_000), "最多 5000 行"),
    ],
    ids=[
        "vba",
        "macrosheet",
        "embedded",
        "link",
        "entity",
        "utf16",
        "cut",
        "bomb",
        "styles",
        "rows",
    ],
)
def test_hostile_workbook_is_refused_and_says_what_to_do(
    part: str, data: bytes, expected: str
) -> None:
    (told,) = rows_of(with_part(workbook(HEAD, GOOD), part, data))

    assert expected in told


def test_part_that_is_longer_than_it_says_is_never_unpacked_further() -> None:
    file = with_part(workbook(HEAD, GOOD), "xl/media/bomb.bmp", b"\0" * 29_000_000)
    at = file.rindex(b"PK\x01\x02")  # the last part of the directory: the bomb
    assert file[at + 24 : at + 28] == (29_000_000).to_bytes(4, "little")

    lying = file[: at + 24] + (100).to_bytes(4, "little") + file[at + 28 :]

    assert "已损坏" in "".join(rows_of(lying))


@pytest.mark.slow
def test_million_rows_are_refused_as_workbook_and_as_csv() -> None:
    sheet = with_part(workbook(HEAD, GOOD), SHEET, sheet_of_rows(1_000_000))

    assert "不能超过" in "".join(rows_of(sheet)) or "解压后超过" in "".join(rows_of(sheet))
    assert "最多 5000 行" in "".join(rows_of(b"code,name,verdict\n" + b"\n" * 1_000_000))


def test_far_cells_cost_nothing() -> None:
    def far(sheet: Any) -> None:
        sheet["XFD2"] = "x"
        sheet["A1048576"] = "x"

    assert "最多 5000 行" in "".join(rows_of(workbook(HEAD, GOOD, change=far)))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, ".xls"),
        (b"PK\x03\x04" + b"x" * 100, "已损坏"),
        ("code,name\nA,甲".encode("utf-16"), "编码"),
        ("代码,事项名称,结论\nA,居住证明证明证明,可以\nB,".encode() + b"\xe5\xbb\n", "第 3 行"),
        ('code,name,verdict\nA,"甲,可以\n'.encode(), "不是 CSV"),
    ],
    ids=["xls", "zip", "utf16", "damaged", "quote"],
)
def test_file_of_another_kind_is_refused_and_says_what_to_do(file: bytes, expected: str) -> None:
    assert expected in "".join(rows_of(file))


def test_text_like_a_formula_is_refused_in_csv_unless_it_is_marked_as_text() -> None:
    head = "code,name,verdict\n"

    assert "像公式" in rows_of(f"{head}A,=1+1,可以\n".encode())[0]
    assert read(f"{head}A,'=1+1,可以\n".encode()).matters[0].name == "=1+1"


def test_unseen_characters_are_told() -> None:
    assert "控制字符" in rows_of("code,name,verdict\nA,建\x07房,可以\n".encode())[0]
