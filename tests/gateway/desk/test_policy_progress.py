"""Progress: stages in order, seats in any order, persons counted once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.desk.policy import APPROVING, Required, Seat, Stage, slots
from gateway.desk.policy_progress import (
    Candidate,
    Decision,
    office_for,
    progress,
    unfillable,
)
from tests.gateway.desk.policies import one_seat, stages

BOTH = Stage(approvals=(Seat(offices=("director",)), Seat(offices=("secretary",))))


def needs(*wanted: Stage) -> Required:
    return Required(stages=wanted, rule="r", reason="tier")


def agreed(person: str, office: str, *evidence: str) -> Decision:
    return Decision(person=person, office=office, evidence=evidence)


def test_a_stage_opens_when_the_one_before_is_full() -> None:
    wanted = needs(one_seat("director"), one_seat("station"))

    first = progress(wanted, ())
    second = progress(wanted, (agreed("p", "director"),))
    done = progress(wanted, (agreed("p", "director"), agreed("q", "station")))

    assert (first.current, second.current, done.current) == (0, 1, None)
    assert (first.outcome, second.outcome, done.outcome) == ("open", "open", "approved")


def test_nobody_decides_before_the_stage_is_open() -> None:
    wanted = needs(one_seat("director"), one_seat("station"))

    assert office_for(wanted, (), Candidate(person="q", offices=("station",))) is None
    assert office_for(wanted, (agreed("p", "director"),),
                      Candidate(person="q", offices=("station",))) == "station"  # fmt: skip


def test_seats_of_one_stage_are_filled_in_any_order() -> None:
    one = (agreed("p", "director"), agreed("q", "secretary"))

    assert progress(needs(BOTH), one).outcome == "approved"
    assert progress(needs(BOTH), one[::-1]).outcome == "approved"


def test_one_person_with_two_offices_counts_once() -> None:
    twice = (agreed("p", "director"), agreed("p", "secretary"))

    found = progress(needs(BOTH), twice)

    assert found.outcome == "open"
    assert [seat.offices for seat in found.stages[0].open] == [("secretary",)]
    assert office_for(needs(BOTH), twice[:1],
                      Candidate(person="p", offices=("director", "secretary"))) is None  # fmt: skip


def test_who_holds_two_offices_takes_the_seat_that_nobody_else_can() -> None:
    both = Candidate(person="p", offices=("director", "secretary"))
    other = Candidate(person="q", offices=("director",))

    assert office_for(needs(BOTH), (), both, (other,)) == "secretary"
    assert office_for(needs(BOTH), (), both) == "director"


def test_a_village_where_one_person_holds_both_offices_is_told_who_is_missing() -> None:
    both = Candidate(person="p", offices=("director", "secretary"))

    assert len(unfillable(needs(BOTH), (), (both,))) == 1
    assert unfillable(needs(BOTH), (), (both, Candidate(person="q", offices=("director",)))) == ()


def test_a_stage_stays_open_until_its_evidence_is_named() -> None:
    wanted = needs(Stage(approvals=(Seat(offices=("director",)),), evidence=("contract",)))

    without = progress(wanted, (agreed("p", "director"),))
    with_it = progress(wanted, (agreed("p", "director", "contract"),))

    assert (without.outcome, without.stages[0].missing) == ("open", ("contract",))
    assert with_it.outcome == "approved"


def test_approvals_stay_when_the_tier_is_raised() -> None:
    before = (agreed("p", "director"),)

    raised = progress(needs(BOTH, one_seat("station")), before)

    assert raised.outcome == "open"
    assert raised.stages[0].filled[0][1] == "p"


def test_one_refusal_refuses() -> None:
    refused = Decision(person="q", office="secretary", decision="refuse")

    assert progress(needs(BOTH), (agreed("p", "director"), refused)).outcome == "refused"


people = st.sampled_from("abcdefgh")
decisions = st.lists(st.builds(agreed, people, st.sampled_from(APPROVING)), max_size=12)


@given(st.lists(stages, min_size=1, max_size=3).map(tuple), decisions)
def test_a_request_is_never_approved_by_fewer_persons_than_it_needs(
    wanted: tuple[Stage, ...], made: list[Decision]
) -> None:
    found = progress(needs(*wanted), made)

    sitting = [person for one in found.stages for _, person in one.filled]
    assert len(sitting) == len(set(sitting))
    if found.outcome == "approved":
        assert len(sitting) == len(slots(wanted))
    for one in found.stages:
        for seat, person in one.filled:
            assert any(d.person == person and d.office in seat.offices for d in made)


@given(st.lists(stages, min_size=1, max_size=3).map(tuple), decisions, decisions)
def test_more_approvals_never_lead_back(
    wanted: tuple[Stage, ...], made: list[Decision], more: list[Decision]
) -> None:
    before = progress(needs(*wanted), made)
    after = progress(needs(*wanted), made + more)

    assert sum(len(one.open) for one in after.stages) <= sum(len(one.open) for one in before.stages)
