"""Which villages an office reaches, in its own right and for somebody who is away."""

from __future__ import annotations

import pytest

from gateway.desk.access import Action, Post, may, reach
from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES
from gateway.desk.delegations import posts_of
from gateway.stores.policies import DelegationView
from gateway.stores.views import Account

OWN, OTHER = "330182107201", "330182107202"


def account(name: str, *offices: str, village: str = "") -> Account:
    return Account(
        account=name,
        person=f"p-{name}",
        name=name,
        offices=offices,
        keeps=(),
        password_hash="-",
        village=village,
    )


def standing_in(absent: str, substitute: str, *offices: str) -> DelegationView:
    return DelegationView(
        delegation="a" * 64, index=0, absent=absent, substitute=substitute, offices=offices,
        from_ms=0, until_ms=10, by=absent, ended_by=None, ended_ms=None,
    )  # fmt: skip


@pytest.mark.parametrize("office", OFFICES)
def test_an_office_of_a_village_reaches_that_village_and_others_all(office: str) -> None:
    village = OWN if office in VILLAGE_OFFICES else ""

    found = reach([Post(office, village)], Action.READ_HOME)

    assert found == (frozenset({OWN}) if office in VILLAGE_OFFICES else None)


def test_an_office_of_a_village_without_one_reaches_nothing() -> None:
    assert reach([Post("keeper", "")], Action.READ_LOG) == frozenset()


def test_who_may_not_at_all_reaches_nothing() -> None:
    assert reach([Post("county")], Action.DECIDE) == frozenset()


def test_two_offices_reach_what_each_allows_and_no_more() -> None:
    posts = [Post("station"), Post("supervisor", OWN)]

    assert reach(posts, Action.READ_LOG) is None
    assert reach(posts, Action.READ_MACHINES) == frozenset({OWN})


def test_a_substitute_reaches_the_absent_persons_village_in_that_office_alone() -> None:
    director, supervisor = (
        account("a", "director", "keeper", village=OTHER),
        account("b", "supervisor", village=OWN),
    )

    posts = posts_of(supervisor, (director, supervisor), [standing_in("a", "b", "director")])

    assert posts == (Post("supervisor", OWN), Post("director", OTHER))


def test_an_office_that_the_absent_person_lost_is_not_held_for_them() -> None:
    absent, substitute = account("a", village=OTHER), account("b", "supervisor", village=OWN)

    posts = posts_of(substitute, (absent, substitute), [standing_in("a", "b", "director")])

    assert posts == (Post("supervisor", OWN),)


def test_who_keeps_works_or_repairs_decides_nothing() -> None:
    assert not any(
        may((office,), Action.DECIDE) for office in ("keeper", "clerk", "technician", "county")
    )
