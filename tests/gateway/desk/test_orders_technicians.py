"""A township's technicians come with each village's list, and leave its machine at once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.desk.people import Row
from gateway.errors import RequestRefusedError
from gateway.orders_people import staff_of
from gateway.web.render import explain
from tests.gateway.desk.test_orders_people import CHEN, CLERK, Village, with_one_machine
from tests.gateway.machine import TOWNSHIP

TECH = Row(
    account="ji", person="ji", name="季技术", offices=("technician",), card="0e7c", pin_hash="$a2"
)


@pytest.fixture
def village(desk: Any) -> Village:
    return Village(with_one_machine(desk))


def with_technician(village: Village, *rows: Row) -> int:
    """Release the township's staff with a technician, and the village's list."""
    rows = rows or (TECH,)
    village.release(village.draft(*township_rows(village), *rows, place=TOWNSHIP))
    return village.draft(CLERK, CHEN)


def township_rows(village: Village) -> list[Row]:
    """Return the township's staff as they stand now."""
    with village.town.store.reader() as reader:
        return [
            Row(account=one.account, person=one.person, name=one.name, offices=one.offices)
            for one in staff_of(reader, TOWNSHIP, TOWNSHIP)
        ]


def test_technician_of_the_township_is_on_a_village_machines_list_by_that_office_alone(
    village: Village,
) -> None:
    both = structs.replace(TECH, offices=("technician", "administrator"))
    version = with_technician(village, both)

    letters = village.release(version).letters

    staff = {one.account: one for one in village.roster(letters).staff}
    assert staff["ji"].offices == ("technician",) and staff["ji"].card is not None
    assert sorted(staff) == ["chen", "clerk-1", "ji"]
    assert village.account("ji").offices == ("technician", "administrator")
    assert village.account("ji").village == ""


def test_technician_without_a_card_is_on_no_village_machines_list(village: Village) -> None:
    version = with_technician(village, structs.replace(TECH, card="", pin_hash=""))

    staff = village.roster(village.release(version).letters).staff

    assert [one.account for one in staff] == ["chen", "clerk-1"]


@pytest.mark.parametrize("card_only", [True, False])
def test_technician_who_is_stopped_leaves_every_village_machine_at_once(
    village: Village, card_only: bool
) -> None:
    village.release(with_technician(village))

    letters = village.stop("ji", card_only=card_only).letters

    assert [one.account for one in village.roster(letters).staff] == ["chen", "clerk-1"]


def test_technician_whom_the_township_lists_no_longer_leaves_the_machines(
    village: Village,
) -> None:
    village.release(with_technician(village))
    with village.town.store.reader() as reader:
        staff = staff_of(reader, TOWNSHIP, TOWNSHIP)
    rows = [
        Row(account=one.account, person=one.person, name=one.name, offices=one.offices)
        for one in staff
        if one.account != "ji"
    ]

    letters = village.release(village.draft(*rows, place=TOWNSHIP)).letters

    assert [one.account for one in village.roster(letters).staff] == ["chen", "clerk-1"]


def test_no_draft_gives_back_a_technician_who_was_stopped_meanwhile(village: Village) -> None:
    version = with_technician(village)
    village.stop("ji")

    with pytest.raises(RequestRefusedError) as refused:
        village.release(version)

    assert refused.value.reason == "draft-stale"
    assert village.account("ji").offices == ()


def test_taking_a_clerk_away_leaves_the_technician(village: Village) -> None:
    village.release(with_technician(village))

    letters = village.stop("chen").letters

    assert sorted(one.account for one in village.roster(letters).staff) == ["clerk-1", "ji"]


def test_technicians_card_is_nobody_elses_at_that_machine(village: Village) -> None:
    with_technician(village)

    with pytest.raises(RequestRefusedError) as refused:
        village.draft(CLERK, structs.replace(CHEN, card=TECH.card))

    assert refused.value.reason == "card-held"
    assert refused.value.values["holder"] == TECH.name


@pytest.mark.parametrize("drafted_first", ["village", "township"])
@pytest.mark.parametrize("released_first", ["village", "township"])
def test_card_in_crossing_drafts_of_village_and_township_is_the_first_released_persons(
    village: Village, drafted_first: str, released_first: str
) -> None:
    drafts = {
        "village": lambda: village.draft(CLERK, CHEN),
        "township": lambda: village.draft(
            *township_rows(village), structs.replace(TECH, card=CHEN.card), place=TOWNSHIP
        ),
    }
    order = sorted(drafts, key=lambda one: one != drafted_first)
    versions = {place: drafts[place]() for place in order}
    (second,) = set(drafts) - {released_first}
    holder, other = (CHEN, TECH) if released_first == "village" else (TECH, CHEN)
    village.release(versions[released_first])

    with pytest.raises(RequestRefusedError) as refused:
        village.release(versions[second])

    assert refused.value.reason == "card-held"
    assert refused.value.values == {
        "holder": holder.name, "account": holder.account, "name": other.name,
    }  # fmt: skip
    assert village.account(other.account) is None
    said = explain("zh", "card-held", refused.value.values)
    assert holder.name in said and f"给{other.name}换一张卡" in said


@pytest.mark.parametrize("released", [0, 1])
def test_card_that_drafts_of_two_villages_and_of_the_township_name_is_known_in_each(
    village: Village, released: int
) -> None:
    second = "330109110202"
    with village.town.store.transaction() as transaction:
        (first, *_) = transaction.villages()
        both = (first, structs.replace(first, village=second, machines=()))
        transaction.set_directory(both, transaction.machines())
    wang = structs.replace(CHEN, account="wang", person="wang", name="王文书")
    versions = (village.draft(CLERK, CHEN), village.draft(wang, place=second))
    theirs = structs.replace(TECH, card=CHEN.card)
    township = village.draft(*township_rows(village), theirs, place=TOWNSHIP)
    village.release(versions[released])

    with pytest.raises(RequestRefusedError) as refused:
        village.release(township)

    assert refused.value.reason == "card-held"
    assert refused.value.values["holder"] == (CHEN, wang)[released].name


def test_crossing_drafts_with_cards_of_their_own_are_both_released(village: Village) -> None:
    mine = village.draft(CLERK, CHEN)
    theirs = village.draft(*township_rows(village), TECH, place=TOWNSHIP)

    village.release(theirs)
    village.release(mine)

    assert village.account("chen").offices == ("clerk",)


@pytest.mark.parametrize("released_first", ["village", "township"])
def test_account_in_crossing_drafts_is_the_first_released_places(
    village: Village, released_first: str
) -> None:
    namesake = structs.replace(TECH, account=CHEN.account, name="陈镇")
    versions = {
        "village": village.draft(CLERK, CHEN),
        "township": village.draft(*township_rows(village), namesake, place=TOWNSHIP),
    }
    (second,) = set(versions) - {released_first}
    village.release(versions[released_first])
    before = village.account("chen")

    with pytest.raises(RequestRefusedError) as refused:
        village.release(versions[second])

    assert refused.value.reason == "account-held"
    assert refused.value.values == {"account": "chen", "holder": before.name}
    assert village.account("chen") == before
    assert before.name in explain("en", "account-held", refused.value.values)


def test_village_makes_nobody_a_technician_alone(village: Village) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        village.draft(CLERK, TECH)

    assert refused.value.reason == "account-elsewhere"
