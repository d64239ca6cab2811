"""Two persons at a hatch: two they are, and one of them keeps the seal where a list says who."""

from __future__ import annotations

import pytest

from device.keepers import Held, objection, wanted
from ledger.records_custody import Purpose

CLERK, DIRECTOR = Held("wang", ("clerk",)), Held("li", ("director", "secretary"))
KEEPER, TECHNICIAN = Held("sun", ("keeper", "clerk")), Held("he", ("technician",))
UNTOLD = Held("chen", None)


@pytest.mark.parametrize("purpose", ["takeout", "return", "handover", "seal-in", "seal-out"])
def test_a_keeper_is_one_of_the_two(purpose: Purpose) -> None:
    assert objection(purpose, CLERK, KEEPER) == objection(purpose, KEEPER, CLERK) == ""
    assert objection(purpose, CLERK, DIRECTOR) == "keeper-missing"
    assert objection(purpose, CLERK, TECHNICIAN) == "keeper-missing"


def test_at_a_service_a_technician_will_do() -> None:
    assert objection("service", CLERK, TECHNICIAN) == ""
    assert objection("service", CLERK, DIRECTOR) == "keeper-missing"


def test_two_accounts_of_one_person_are_one() -> None:
    assert objection("takeout", KEEPER, Held("sun", ("director",))) == "second-same"


def test_without_a_list_that_says_offices_only_persons_are_compared() -> None:
    assert objection("takeout", UNTOLD, CLERK) == ""
    assert objection("takeout", UNTOLD, UNTOLD) == "second-same"
    assert not wanted("takeout", UNTOLD)


def test_who_was_taken_off_the_list_is_no_keeper() -> None:
    assert objection("takeout", CLERK, Held("sun", ())) == "keeper-missing"


def test_the_second_is_asked_to_be_a_keeper_only_where_the_first_is_none() -> None:
    assert wanted("takeout", CLERK) and not wanted("takeout", KEEPER)
    assert wanted("takeout", TECHNICIAN) and not wanted("service", TECHNICIAN)
