"""Search in the items list: initials, full pinyin, characters, mixtures, and what comes first."""

from __future__ import annotations

import pytest

from device.kiosk.matter_search import MatterIndex
from ledger.matters import Matter, Verdict


def item(code: str, name: str, verdict: Verdict = Verdict.ALLOWED) -> Matter:
    return Matter(code=code, name=name, verdict=verdict, layer="county", place="示例县")


LIST = (
    item("1", "村民户籍迁移"),
    item("2", "大学生助学贷款证明"),
    item("3", "贷款"),
    item("4", "亲属关系证明", Verdict.FORBIDDEN),
    item("5", "经营场所证明", Verdict.DISCRETIONARY),
    item("6", "银行行长证明"),
    item("7", "居(租)住证明"),
    item("8", "重大工程项目发包"),
)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("cmhj", "村民户籍迁移"),
        ("CMHJ", "村民户籍迁移"),
        ("cunmin", "村民户籍迁移"),
        ("cunmhuj", "村民户籍迁移"),
        ("户籍", "村民户籍迁移"),
        ("户j", "村民户籍迁移"),
        ("zxdk", "大学生助学贷款证明"),
        ("qsgx", "亲属关系证明"),
        ("yinhanghangzhang", "银行行长证明"),
        ("juzuzhu", "居(租)住证明"),
        ("zdgc", "重大工程项目发包"),
        ("zhongda", "重大工程项目发包"),
    ],
)
def test_item_is_found_by(query: str, first: str) -> None:
    found = MatterIndex(LIST).find(query, {})

    assert found[0].name == first


@pytest.mark.parametrize("query", ["xyz", "证照", "hjz", "cmq"])
def test_nothing_is_found_by(query: str) -> None:
    assert MatterIndex(LIST).find(query, {}) == ()


def test_letters_match_from_syllables_only() -> None:
    found = MatterIndex((item("1", "贷款"),)).find("an", {})

    assert found == ()


def test_a_match_at_the_beginning_comes_first() -> None:
    found = MatterIndex(LIST).find("dk", {})

    assert [one.name for one in found] == ["贷款", "大学生助学贷款证明"]


def test_without_a_query_the_most_used_item_comes_first() -> None:
    found = MatterIndex(LIST).find("", {"3": 1, "1": 4})

    assert [one.code for one in found[:2]] == ["1", "3"]


def test_uses_count_by_name_as_well() -> None:
    found = MatterIndex(LIST).find("", {"银行行长证明": 2})

    assert found[0].code == "6"


def test_without_uses_what_is_allowed_comes_before_what_is_not() -> None:
    found = MatterIndex(LIST).find("", {})

    assert [one.verdict for one in found[-2:]] == [Verdict.DISCRETIONARY, Verdict.FORBIDDEN]


def test_a_forbidden_item_is_found_all_the_same() -> None:
    found = MatterIndex(LIST).find("qs", {})

    assert [one.verdict for one in found] == [Verdict.FORBIDDEN]
