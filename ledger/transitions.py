"""Transitions: look up one move in a table, refuse the rest. Every state machine uses this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from msgspec import Struct

State = TypeVar("State")
Event = TypeVar("Event")
Effect = TypeVar("Effect")


class Step(Struct, Generic[State, Effect], frozen=True):
    """Where a move leads, and what the caller must do then."""

    to: State
    effect: Effect


class IllegalEventError(Exception):
    """The table has no move for this event in this state; nothing was changed."""

    code = "illegal-event"


def advance(
    table: Mapping[tuple[State, Event], Step[State, Effect]], state: State, event: Event
) -> Step[State, Effect]:
    """Return the step for `event` in `state`.

    Raises:
        IllegalEventError: the table does not name this pair.
    """
    step = table.get((state, event))
    if step is None:
        expected = ", ".join(str(e) for s, e in table if s == state) or "nothing"
        raise IllegalEventError(f"expected one of {expected} in {state}, found {event}")
    return step
