"""Orders on items lists: one drafts, another person releases, and every machine is told."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.commands import Command, DraftList, ImportList, ReleaseList
from gateway.desk import lists
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from ledger import codec
from ledger.records import ListRelease
from ledger.records_office import ListDraft

Town = Any
DAY_MS = 24 * 3600 * 1000
CSV = "code,name,verdict\nA-1,建房,禁止\nZ-1,分户,可以\n".encode()


@pytest.fixture
def office(desk: Town) -> Town:
    """The desk with two administrators, an auditor, and a second account of the first person."""
    desk.account("chief-2", "auditor", person="chief")
    desk.account("deputy", "auditor")
    desk.account("other", "administrator")
    return desk


def drafting(file: bytes = CSV, from_date: str = "2026-12-01") -> DraftList:
    content = lists.read_csv(file, "township", "示例镇", from_date)
    return DraftList(by="chief", list=content, file=file)


def drafted(town: Town, **fields: Any) -> str:
    town.order(drafting(**fields))
    with town.store.reader() as reader:
        return str(reader.list_drafts()[0].draft)


def refusal(town: Town, command: Command, **how: Any) -> str:
    before = len(town.entries())
    with pytest.raises(RequestRefusedError) as caught:
        town.order(command, **how)
    assert len(town.entries()) == before
    return str(caught.value.reason)


def test_draft_changes_nothing_until_another_person_releases_it(office: Town) -> None:
    draft = drafted(office)
    with office.store.reader() as reader:
        before = reader.list_version()

    done = office.order(ReleaseList(by="deputy", draft=draft))

    with office.store.reader() as reader:
        (view,) = reader.list_drafts()
        content = reader.matter_list(2)
        related = {one.kind for one in reader.detail(draft).related}
    assert before == 1 and done.answer == 2 and done.lists_changed
    body = office.entries()[-1].body
    assert isinstance(body, ListRelease)
    assert (body.by, body.released_by, body.draft) == ("chief", "deputy", draft)
    assert body.file_sha256 == codec.sha256(CSV)
    assert [one.name for one in content.matters] == ["建房", "分户"]
    assert view.version == 2 and "list" in related


def test_draft_is_an_entry_that_names_its_file_and_its_author(office: Town) -> None:
    drafted(office)

    body = office.entries()[-1].body

    assert isinstance(body, ListDraft)
    assert (body.by, body.place, body.file_size) == ("chief", "示例镇", len(CSV))


@pytest.mark.parametrize("releaser", ["chief", "chief-2"])
def test_nobody_releases_a_draft_of_his_own_whatever_the_account(
    office: Town, releaser: str
) -> None:
    office.account("chief", "administrator", "auditor")

    assert refusal(office, ReleaseList(by=releaser, draft=drafted(office))) == "draft-own"


@pytest.mark.parametrize("releaser", ["clerk-1", "nobody"])
def test_release_takes_an_office_of_the_township(office: Town, releaser: str) -> None:
    draft = drafted(office)

    with pytest.raises(NotAllowedError):
        office.order(ReleaseList(by=releaser, draft=draft))


def test_the_county_releases_what_the_township_drafted(office: Town) -> None:
    office.account("xian", "county")

    office.order(ReleaseList(by="xian", draft=drafted(office)))

    body = office.entries()[-1].body
    assert isinstance(body, ListRelease)
    assert (body.by, body.released_by) == ("chief", "xian")


def test_a_list_above_the_township_is_released_by_the_county_where_it_has_an_account(
    office: Town,
) -> None:
    content = lists.read_csv(CSV, "county", "萧山区", "2026-12-01")
    office.order(DraftList(by="chief", list=content, file=CSV))
    with office.store.reader() as reader:
        draft = str(reader.list_drafts()[0].draft)
    office.account("xian", "county")

    assert refusal(office, ReleaseList(by="deputy", draft=draft)) == "list-county"
    office.order(ReleaseList(by="xian", draft=draft))

    with office.store.reader() as reader:
        assert reader.list_drafts()[0].version == 2


def test_the_county_drafts_no_list(office: Town) -> None:
    office.account("xian", "county")

    with pytest.raises(NotAllowedError):
        office.order(structs.replace(drafting(), by="xian"))


def test_draft_ends_when_the_list_was_released_anew_or_thirty_days_have_gone(office: Town) -> None:
    first = drafted(office)
    second = drafted(office, from_date="2026-12-02")
    office.order(ReleaseList(by="deputy", draft=second))

    overtaken = refusal(office, ReleaseList(by="deputy", draft=first))
    third = drafted(office, from_date="2026-12-03")
    office.now_ms += 31 * DAY_MS
    old = refusal(office, ReleaseList(by="deputy", draft=third))

    assert overtaken == old == "list-draft-stale"


def test_draft_is_released_once(office: Town) -> None:
    draft = drafted(office)
    office.order(ReleaseList(by="deputy", draft=draft))

    for name in (draft, "0" * 64):
        with pytest.raises(NotFoundError):
            office.order(ReleaseList(by="other", draft=name))


def test_command_line_enters_an_authoritys_first_list_alone_and_no_later_one(town: Town) -> None:
    content = lists.read_csv(CSV, "township", "示例镇", "2020-01-01")
    command = ImportList(by="cli-root", list=content, file=CSV)

    town.order(command, operator=True)
    later = structs.replace(content, from_date="2026-12-01")
    reason = refusal(town, structs.replace(command, list=later), operator=True)

    assert reason == "list-second-person"
    with pytest.raises(NotAllowedError):
        town.order(structs.replace(command, by="chief"))


def test_lost_file_opens_no_way_around_the_second_person(desk: Town) -> None:
    with desk.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM list_contents")
    content = lists.read_csv(CSV, "township", "示例镇", "2020-01-01")

    command = ImportList(by="cli-root", list=content, file=CSV)

    assert refusal(desk, command, operator=True) == "list-second-person"


def test_command_line_drafts_only_in_the_name_of_somebody_who_may(office: Town) -> None:
    for by in ("cli-root", "clerk-1"):
        with pytest.raises(NotAllowedError):
            office.order(structs.replace(drafting(), by=by), operator=True)


def test_drafts_survive_a_restart_and_the_derived_tables_a_rebuild(office: Town) -> None:
    draft = drafted(office)
    derived = office.store.derived()

    office.restart()
    office.store.rebuild()

    assert office.store.derived() == derived
    assert office.order(ReleaseList(by="deputy", draft=draft)).answer == 2
