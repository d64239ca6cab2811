"""Cases: what people do about an alert, as one table of moves. Pure.

A case is the sequence of its signed steps; nothing else holds its state. No move takes a case
away: an alert with a case keeps it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Literal

from ledger.transitions import Step, advance

StepName = Literal["opened", "assigned", "noted", "closed"]


class CaseState(enum.Enum):
    """Where the handling of an alert stands."""

    NONE = "none"  # nobody has taken the alert up
    OPENED = "opened"  # somebody saw it and said why it matters; nobody is charged with it
    ASSIGNED = "assigned"  # one named person investigates
    NOTED = "noted"  # that person has written down a finding; more may follow
    CLOSED = "closed"  # somebody wrote down what came of it; nothing follows


class CaseEvent(enum.Enum):
    """What a person does with a case."""

    OPEN = "open"
    ASSIGN = "assign"
    NOTE = "note"
    CLOSE = "close"


TRANSITIONS: dict[tuple[CaseState, CaseEvent], Step[CaseState, StepName]] = {
    (CaseState.NONE, CaseEvent.OPEN): Step(CaseState.OPENED, "opened"),
    (CaseState.OPENED, CaseEvent.ASSIGN): Step(CaseState.ASSIGNED, "assigned"),
    (CaseState.OPENED, CaseEvent.NOTE): Step(CaseState.OPENED, "noted"),
    (CaseState.ASSIGNED, CaseEvent.ASSIGN): Step(CaseState.ASSIGNED, "assigned"),
    (CaseState.ASSIGNED, CaseEvent.NOTE): Step(CaseState.NOTED, "noted"),
    (CaseState.NOTED, CaseEvent.ASSIGN): Step(CaseState.ASSIGNED, "assigned"),
    (CaseState.NOTED, CaseEvent.NOTE): Step(CaseState.NOTED, "noted"),
    (CaseState.OPENED, CaseEvent.CLOSE): Step(CaseState.CLOSED, "closed"),
    (CaseState.ASSIGNED, CaseEvent.CLOSE): Step(CaseState.CLOSED, "closed"),
    (CaseState.NOTED, CaseEvent.CLOSE): Step(CaseState.CLOSED, "closed"),
}

_EVENTS: dict[str, CaseEvent] = {
    "opened": CaseEvent.OPEN,
    "assigned": CaseEvent.ASSIGN,
    "noted": CaseEvent.NOTE,
    "closed": CaseEvent.CLOSE,
}


def state_after(steps: Iterable[str]) -> CaseState:
    """Return the state that a case's steps lead to, oldest step first.

    Raises:
        IllegalEventError: the steps do not follow one another.
    """
    state = CaseState.NONE
    for step in steps:
        state = advance(TRANSITIONS, state, _EVENTS[step]).to
    return state


def next_step(steps: Iterable[str], event: CaseEvent) -> StepName:
    """Return the step to sign when `event` comes after `steps`.

    Raises:
        IllegalEventError: a case in this state has no such move.
    """
    return advance(TRANSITIONS, state_after(steps), event).effect


def moves(steps: Iterable[str]) -> frozenset[CaseEvent]:
    """Return what may be done next."""
    state = state_after(steps)
    return frozenset(event for known, event in TRANSITIONS if known is state)
