"""Requests: the table of moves, and what the list says."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from gateway.desk.requests import TRANSITIONS, Effect, Event, State
from gateway.stores.views import RequestState
from ledger.transitions import IllegalEventError, advance


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_only_the_named_pairs_move(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert advance(TRANSITIONS, state, event).to in State
    else:
        with pytest.raises(IllegalEventError):
            advance(TRANSITIONS, state, event)


def test_states_are_those_of_the_view() -> None:
    assert {state.value for state in State} == set(get_args(RequestState))


@pytest.mark.parametrize("state", [State.REFUSED, State.PERMITTED])
def test_decided_requests_stay_decided(state: State) -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is state]


def test_permit_is_issued_only_by_approval_of_an_open_request() -> None:
    issuing = [pair for pair, step in TRANSITIONS.items() if step.effect is Effect.ISSUE_PERMIT]

    assert issuing == [(State.OPEN, Event.APPROVED)]


@pytest.mark.parametrize("state", list(State))
def test_every_state_reaches_an_end(state: State) -> None:
    reached = {state}
    for _ in State:
        reached |= {step.to for (start, _), step in TRANSITIONS.items() if start in reached}

    assert reached & {State.REFUSED, State.PERMITTED}


def test_every_refusal_is_answered() -> None:
    for step in TRANSITIONS.values():
        assert (step.to is State.REFUSED) == (step.effect is Effect.ANSWER)
