"""Cycle: the table itself, quantified over every state and event."""

from __future__ import annotations

import pytest

from device.cycle import TRANSITIONS, Effect, Event, State
from ledger.transitions import IllegalEventError, advance


def reachable(start: State, skip: frozenset[Event] = frozenset()) -> set[State]:
    """Return every state that can follow `start`."""
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (at, event), step in TRANSITIONS.items():
            if at is state and event not in skip and step.to not in seen:
                seen.add(step.to)
                todo.append(step.to)
    return seen


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_come_to_rest(state: State) -> None:
    assert State.IDLE in reachable(state)


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_reached_from_rest(state: State) -> None:
    assert state in reachable(State.IDLE)


def test_only_a_durable_intent_unlocks() -> None:
    unlocking = [pair for pair, step in TRANSITIONS.items() if step.effect is Effect.GRANT]

    assert unlocking == [(State.ARMED, Event.INTENT_DURABLE)]


def test_nothing_opens_without_passing_the_reservation() -> None:
    ways_in = {pair for pair, step in TRANSITIONS.items() if step.to is State.OPEN}

    assert ways_in == {(State.ARMED, Event.GRANT_ACCEPTED)}
    assert State.OPEN not in reachable(
        State.IDLE, frozenset({Event.INTENT_DURABLE, Event.GRANT_ACCEPTED})
    )


def test_every_way_out_of_open_switches_everything_off() -> None:
    effects = {step.effect for (state, _), step in TRANSITIONS.items() if state is State.OPEN}

    assert effects == {Effect.SETTLE, Effect.HOLD}


def test_held_is_left_only_by_a_release() -> None:
    ways_out = [event for (state, event) in TRANSITIONS if state is State.HELD]

    assert ways_out == [Event.RELEASED]


def test_every_entry_into_held_writes_an_incident() -> None:
    effects = {step.effect for step in TRANSITIONS.values() if step.to is State.HELD}

    assert effects == {Effect.HOLD}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_a_pair_that_the_table_does_not_name_is_refused(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        return

    with pytest.raises(IllegalEventError):
        advance(TRANSITIONS, state, event)
