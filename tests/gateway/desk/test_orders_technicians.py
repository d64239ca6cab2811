"""A township's technicians come with each village's list, and leave its machine at once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.desk.people import Row
from gateway.errors import RequestRefusedError
from gateway.orders_people import staff_of
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
    with village.town.store.reader() as reader:
        there = [
            Row(account=one.account, person=one.person, name=one.name, offices=one.offices)
            for one in staff_of(reader, TOWNSHIP, TOWNSHIP)
        ]
    village.release(village.draft(*there, *(rows or (TECH,)), place=TOWNSHIP))
    return village.draft(CLERK, CHEN)


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

    assert refused.value.reason == "card-twice"


def test_village_makes_nobody_a_technician_alone(village: Village) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        village.draft(CLERK, TECH)

    assert refused.value.reason == "account-elsewhere"
