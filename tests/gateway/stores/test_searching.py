"""Searching the log: Chinese words in what was opened, by names, and nothing that was erased."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.stores.searching import Search, Word
from gateway.stores.views import LogFilter

Town = Any


def found(town: Town, *words: Word, **how: Any) -> list[int]:
    search = Search(words=words, opened=how.pop("opened", True), **how)
    with town.store.reader() as reader:
        listed = [one.index for one in reader.entries(LogFilter(search=search))]
        assert len(listed) == reader.count_entries(LogFilter(search=search))
    return listed


@pytest.fixture
def filed(desk: Town) -> tuple[Town, Any]:
    one = desk.file(payee="杭州宏达建材有限公司", amount=12_345)
    desk.submit(one)
    return desk, one


@pytest.mark.parametrize("text", ["宏达", "建材有", "杭州宏达建材有限公司"])
def test_words_of_two_characters_and_more_are_found_in_opened_values(
    filed: tuple[Town, Any], text: str
) -> None:
    town, one = filed
    with town.store.reader() as reader:
        index = reader.entry(one.sha256).index

    assert found(town, Word(text=text)) == [index]


@pytest.mark.parametrize("text", ["payee", "salt", "value", "宏达建筑", "%", "_", "宏%达"])
def test_field_names_salts_and_patterns_are_not_found(filed: tuple[Town, Any], text: str) -> None:
    town, _ = filed

    assert found(town, Word(text=text)) == []


def test_withheld_values_are_not_searched_for_those_who_may_not_read_them(
    filed: tuple[Town, Any],
) -> None:
    town, _ = filed

    assert found(town, Word(text="宏达"), opened=False) == []
    assert found(town, Word(text="宏达"), opened_machines=("m-2",)) == []
    assert len(found(town, Word(text="宏达"), opened_machines=("m-1",))) == 1


def test_erased_values_are_found_no_more(filed: tuple[Town, Any]) -> None:
    town, one = filed
    with town.store.transaction() as transaction:
        assert transaction.erase_opening(one.sha256, town.now_ms)

    assert found(town, Word(text="宏达")) == []


def test_all_words_must_match_each_by_anything_that_it_stands_for(filed: tuple[Town, Any]) -> None:
    town, one = filed
    with town.store.reader() as reader:
        entry = reader.entry(one.sha256)
    by_matter, by_machine = Word(text="建房", matters=("A-1",)), Word(text="村", machines=("m-1",))
    by_person = Word(text="王", accounts=(entry.body.filed_by,))

    assert found(town, by_matter, by_machine, by_person) == [entry.index]
    assert found(town, by_matter, Word(text="nothing")) == []
    assert found(town, Word(text=entry.sha256[:12])) == [entry.index]
    assert found(town, Word(text="1", index=entry.index), opened=False) == [entry.index]
