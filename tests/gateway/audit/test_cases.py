"""Cases: every move of the table, and none beside it."""

from __future__ import annotations

import itertools

import pytest

from gateway.audit.cases import TRANSITIONS, CaseEvent, CaseState, moves, next_step, state_after
from ledger.transitions import IllegalEventError


def test_every_state_is_reached_from_none():
    reached = {CaseState.NONE} | {step.to for step in TRANSITIONS.values()}

    assert reached == set(CaseState)


def test_no_move_leads_back_to_no_case():
    assert CaseState.NONE not in {step.to for step in TRANSITIONS.values()}


def test_case_is_opened_once():
    with pytest.raises(IllegalEventError):
        next_step(["opened"], CaseEvent.OPEN)


@pytest.mark.parametrize("event", [CaseEvent.ASSIGN, CaseEvent.NOTE])
def test_nothing_happens_before_a_case_is_opened(event):
    with pytest.raises(IllegalEventError):
        next_step([], event)


def test_note_of_the_charged_person_shows_as_noted():
    assert state_after(["opened", "assigned", "noted"]) is CaseState.NOTED


def test_note_before_anybody_is_charged_leaves_the_case_open():
    assert state_after(["opened", "noted"]) is CaseState.OPENED


def test_moves_are_those_of_the_table_for_all_short_histories():
    for length in range(4):
        for steps in itertools.product(("opened", "assigned", "noted"), repeat=length):
            try:
                state = state_after(steps)
            except IllegalEventError:
                continue
            allowed = {event for known, event in TRANSITIONS if known is state}
            assert moves(steps) == allowed


def test_step_name_is_the_one_that_is_signed():
    assert next_step([], CaseEvent.OPEN) == "opened"
    assert next_step(["opened"], CaseEvent.ASSIGN) == "assigned"
    assert next_step(["opened", "assigned"], CaseEvent.NOTE) == "noted"


@pytest.mark.parametrize("event", list(CaseEvent))
def test_nothing_follows_the_closing(event):
    with pytest.raises(IllegalEventError):
        next_step(["opened", "assigned", "noted", "closed"], event)


@pytest.mark.parametrize("steps", [["opened"], ["opened", "assigned"]])
def test_case_is_closed_from_wherever_it_stands(steps):
    assert next_step(steps, CaseEvent.CLOSE) == "closed"
