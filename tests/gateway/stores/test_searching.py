"""Searching the log: Chinese words in what was opened, by names, and nothing that was erased."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from gateway.commands import OpenCase
from gateway.commands_audit import AnswerAlert
from gateway.stores.searching import Acts, Search, Word
from gateway.stores.views import Alert, Finding, LogFilter
from ledger.records_custody import Hatch

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


def did(town: Town, account: str, *, opened: bool = True) -> list[str]:
    """Return the kinds of entries that an account has made, the oldest first."""
    which = LogFilter(acts=Acts(account=account, opened=opened))
    with town.store.reader() as reader:
        found = reader.entries(which)
        assert len(found) == reader.count_entries(which)
    return [one.kind for one in reversed(found)]


def opening(town: Town) -> None:
    """Have two persons open a hatch at the machine."""
    machine = town.machines["m-1"]
    hatch = Hatch(
        step="opened", permit="h-1", seal="committee", purpose="service", by="clerk-1",
        second="keeper-1", strokes_before=0,
    )  # fmt: skip
    town.take(machine.message(machine.sign(hatch, town.now_ms)))


def test_what_somebody_did_is_found_drafts_and_releases_of_lists_included(desk: Town) -> None:
    desk.release("code,name,verdict\nX,Y,可以\n")

    assert "list-draft" in did(desk, "drafts") and "list" in did(desk, "drafts")
    assert "list" in did(desk, "releases") and "list-draft" not in did(desk, "releases")


def test_second_person_at_the_hatch_has_acted_too(desk: Town) -> None:
    opening(desk)

    assert did(desk, "keeper-1") == ["hatch"]


def test_who_judged_an_alert_is_found_by_those_alone_who_may_read_it(desk: Town) -> None:
    desk.account("judge", "auditor")
    alert = Alert(
        code="gap", severity="red", machine="m-1", entry=None, key="gap",
        finding=Finding(key="finding.gap", values={"first": 1}),
    )  # fmt: skip
    with desk.store.transaction() as transaction:
        desk.log.raise_alert(transaction, alert, desk.now_ms)
        name = transaction.alerts()[0].alert
    before = did(desk, "judge")

    desk.order(AnswerAlert(by="judge", alert=name, answer="right"))
    desk.order(OpenCase(by="judge", alert=name, note="核查"))

    assert did(desk, "judge") == [*before, "alert-answer", "case"]
    assert did(desk, "judge", opened=False) == before


def test_store_of_the_version_before_learns_who_stood_beside(desk: Town) -> None:
    opening(desk)
    desk.store.close()
    connection = sqlite3.connect(desk.folder / "state" / "gateway.sqlite")
    connection.executescript(
        "DELETE FROM actors WHERE account = 'keeper-1'; PRAGMA user_version = 8;"
    )
    connection.close()

    desk.store = desk.connect()

    assert did(desk, "keeper-1") == ["hatch"]
    derived = desk.store.derived()
    desk.store.rebuild()
    assert desk.store.derived() == derived
