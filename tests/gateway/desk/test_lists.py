"""Items lists: what a CSV file may say, and how layers become one list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import gateway
from gateway.desk import lists
from gateway.desk.list_table import ListFileError
from ledger.matters import Verdict, look_up

DATA = Path(gateway.__file__).parent / "data"
DAY = "2026-06-01"
VILLAGE = "330109110201"


def rows_of(csv: bytes) -> tuple[str, ...]:
    with pytest.raises(ListFileError) as caught:
        lists.read_csv(csv, "township", "示例镇", DAY)
    return caught.value.rows


@pytest.mark.parametrize(
    ("name", "count", "verdict"),
    [
        ("negative-items.csv", 20, Verdict.FORBIDDEN),
        ("negative-items-regional.csv", 26, Verdict.FORBIDDEN),
        ("approved-items-example.csv", 40, Verdict.ALLOWED),
    ],
)
def test_example_lists_are_read(name: str, count: int, verdict: Verdict) -> None:
    content = lists.read_csv((DATA / name).read_bytes(), "township", "示例镇", DAY)

    assert {one.verdict for one in content.matters} == {verdict}
    assert len(content.matters) == count


@pytest.mark.parametrize(
    "name", ["negative-items.csv", "negative-items-regional.csv", "approved-items-example.csv"]
)
def test_example_lists_say_basis_and_where_to_go_in_words_a_villager_can_read(name: str) -> None:
    content = lists.read_csv((DATA / name).read_bytes(), "township", "示例镇", DAY)

    for one in content.matters:
        assert one.basis and "http" not in one.basis + one.instead
        assert len(one.basis) <= 40, one.basis
        assert not set(",;()") & set(one.basis + one.instead), one.code


def test_item_keeps_where_to_go_instead_and_its_basis() -> None:
    content = lists.read_csv((DATA / "negative-items.csv").read_bytes(), "national", "全国", DAY)

    matter = look_up(content.matters, "无犯罪记录证明").matter

    assert matter is not None
    assert (matter.code, matter.instead) == ("MZF2020-20-05", "户籍地公安派出所")
    assert "民发〔2020〕20号" in matter.basis


def test_regional_file_is_narrowed_to_one_region() -> None:
    file = lists.only_codes((DATA / "negative-items-regional.csv").read_bytes(), "XY-")

    content = lists.read_csv(file, "county", "襄阳市", DAY)

    assert {one.code[:3] for one in content.matters} == {"XY-"}
    assert len(content.matters) == 12


def test_wrong_rows_are_all_named_in_chinese() -> None:
    csv = (
        "code,name,verdict,max_copies\n"
        ",无代码,可以,\n"
        "A,,可以,\n"
        "B,事项,也许,\n"
        "C,别的,可以,0\n"
        "D,另一项,可以,一份\n"
        "E,好的,可以,3\n"
        "E,代码重复,可以,\n"
        "F,好 的,可以,\n"
        "G,少一列,可以\n"
    )

    rows = rows_of(csv.encode())

    assert rows == (
        "第 2 行：代码（code） 为空",
        "第 3 行：事项名称（name） 为空",
        "第 4 行：结论（verdict） 应为 可以、禁止、酌情，实际为“也许”",
        "第 5 行：最多份数（max_copies） 应为 1 到 200 的整数，实际为“0”",
        "第 6 行：最多份数（max_copies） 应为 1 到 200 的整数，实际为“一份”",
        "第 8 行：与第 7 行重复",
        "第 9 行：与第 7 行重复",
        "第 10 行：列数与表头不同",
    )


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        (b"", "第 1 行"),
        (b"name\nX\n", "第 1 行"),
        (b"code,name,colour\nA,B,C\n", "colour"),
        (b"code,code,name\nA,A,B\n", "第 1 行"),
        (b"code,name\nA,B\n", "无法判断"),
        (b"code,name,verdict\n", "没有任何事项"),
        (b"\xff\xfe\xfa", "编码"),
        (b"code,name,verdict\n" + b"x" * 2_000_001, "不能超过"),
    ],
)
def test_file_that_is_no_list_is_refused(csv: bytes, expected: str) -> None:
    assert expected in "".join(rows_of(csv))


@pytest.mark.parametrize(
    "csv",
    ["代码,名称\nA,建房\n", "代码,事项名称\nA,建房\n", "代码,事项名称,结论\nA,建房,也许\n"],
    ids=["heading", "no verdict", "verdict"],
)
def test_who_writes_chinese_headings_reads_no_english(csv: str) -> None:
    said = "".join(rows_of(csv.encode()))

    assert said and not re.search("[A-Za-z]", said)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_files_of_office_programs_are_read(encoding: str) -> None:
    csv = "code,name,verdict\r\nA,建房,可以\r\n".encode(encoding)

    content = lists.read_csv(csv, "township", "示例镇", DAY)

    assert [one.name for one in content.matters] == ["建房"]


def test_difference_names_what_was_added_removed_and_changed() -> None:
    def content(text: str) -> Any:
        return lists.read_csv(f"code,name,verdict\n{text}".encode(), "township", "示例镇", DAY)

    change = lists.compare(content("A,一,可以\nB,二,可以\n"), content("B,二,禁止\nC,三,可以\n"))

    assert [one.name for one in change.added] == ["三"]
    assert [one.name for one in change.removed] == ["一"]
    assert [(old.verdict, new.verdict) for old, new in change.changed] == [
        (Verdict.ALLOWED, Verdict.FORBIDDEN)
    ]
    assert not lists.compare(content("A,一,可以\n"), content("A,一,可以\n"))


def test_lower_layer_never_allows_what_a_higher_one_forbids(town: Any) -> None:
    town.release("code,name,verdict\nN,死亡证明,禁止\n", "national", "全国")
    town.release("code,name,verdict\nT,死亡证明,可以\nU,建房,可以\n")

    with town.store.reader() as reader:
        matters = reader.matters(VILLAGE, DAY)

    assert look_up(matters, "死亡证明").reason == "forbidden"
    assert look_up(matters, "建房").reason == "on-list"


def test_lower_layer_may_forbid_what_a_higher_one_allows(town: Any) -> None:
    town.release("code,name,verdict\nN,居住证明,可以\n", "province", "浙江省")
    town.release("code,name,verdict\nT,居住证明,禁止\n", "county", "萧山区")

    with town.store.reader() as reader:
        answer = look_up(reader.matters(VILLAGE, DAY), "居住证明")

    assert answer.reason == "forbidden"
    assert answer.matter is not None and answer.matter.place == "萧山区"


def test_other_regions_lists_do_not_count(town: Any) -> None:
    town.release("code,name,verdict\nA,居住证明,可以\n")
    with town.store.transaction() as transaction:
        places = transaction.villages()[0].places
        assert places["county"] == "萧山区"
        transaction._tables.run(
            "INSERT INTO villages (village, name, places) VALUES"
            " ('420601001201', '乙村', '{\"county\": \"襄阳市\"}')"
        )
    town.release("code,name,verdict\nX,居住证明,禁止\n", "county", "襄阳市")

    with town.store.reader() as reader:
        here = look_up(reader.matters(VILLAGE, DAY), "居住证明")
        there = look_up(reader.matters("420601001201", DAY), "居住证明")

    assert (here.reason, there.reason) == ("on-list", "forbidden")


def test_new_version_replaces_the_old_one_from_its_day(town: Any) -> None:
    town.release("code,name,verdict\nA,建房,可以\n")
    csv = "code,name,verdict\nB,一,可以\n".encode()
    content = lists.read_csv(csv, "township", "示例镇", "2027-01-01")

    town.release_list(content, csv)

    with town.store.reader() as reader:
        before = reader.matters(VILLAGE, "2026-12-31")
        after = reader.matters(VILLAGE, "2027-01-01")
        as_of_first = reader.matters(VILLAGE, "2027-01-01", 1)

    assert [one.name for one in before] == ["建房"]
    assert [one.name for one in after] == ["一"]
    assert [one.name for one in as_of_first] == ["建房"]
