"""Progress: how far a request is under what it requires, and who may decide next. Pure.

Persons are counted, never accounts: who holds two offices (一肩挑) fills one seat of a request.
The office in which a person agreed is part of the signed decision and does not change later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gateway.desk.matching import matched
from gateway.desk.policy import Required, Seat, Stage, slots


class Decision(Struct, frozen=True, kw_only=True):
    """One person's decision in one office, with the kinds of evidence that it names."""

    person: str
    office: str
    decision: Literal["approve", "refuse"] = "approve"
    evidence: tuple[str, ...] = ()


class Candidate(Struct, frozen=True, kw_only=True):
    """A person who may decide this very request, with the offices held for its village."""

    person: str
    offices: tuple[str, ...]


class StageProgress(Struct, frozen=True, kw_only=True):
    """One stage: who filled which of its seats, what is open and which evidence is missing.

    Args:
        filled: seats with the person who sits there.
        open: one seat for each person that is still needed.
        missing: kinds of evidence that nobody has named yet.
    """

    stage: Stage
    filled: tuple[tuple[Seat, str], ...]
    open: tuple[Seat, ...]
    missing: tuple[str, ...]


class Progress(Struct, frozen=True, kw_only=True):
    """Where a request is; `current` is the number of the open stage from 0, or None."""

    outcome: Literal["open", "approved", "refused"]
    stages: tuple[StageProgress, ...]
    current: int | None


def progress(required: Required, decisions: Iterable[Decision]) -> Progress:
    """Return how far the decisions bring a request; each person's first approval counts."""
    made = tuple(decisions)
    agreed = _first_of_each(made)
    seats = slots(required.stages)
    sitting = matched(len(seats), len(agreed), lambda i, k: agreed[k].office in seats[i].offices)
    named = {kind for one in made for kind in one.evidence}
    stages, start = [], 0
    for stage in required.stages:
        numbers = range(start, start + len(slots((stage,))))
        start = numbers.stop
        stages.append(
            StageProgress(
                stage=stage,
                filled=tuple(
                    (seats[i], agreed[sitting[i]].person) for i in numbers if i in sitting
                ),
                open=tuple(seats[i] for i in numbers if i not in sitting),
                missing=tuple(kind for kind in stage.evidence if kind not in named),
            )
        )
    current = next((n for n, one in enumerate(stages) if one.open or one.missing), None)
    if any(one.decision == "refuse" for one in made):
        return Progress(outcome="refused", stages=tuple(stages), current=None)
    return Progress(
        outcome="approved" if current is None else "open", stages=tuple(stages), current=current
    )


def office_for(
    required: Required,
    decisions: Iterable[Decision],
    who: Candidate,
    others: Iterable[Candidate] = (),
) -> str | None:
    """Return the office in which a person decides now; None: nothing is open to this person.

    Of several offices the one is chosen after which the others can still fill what stays open.
    """
    made = tuple(decisions)
    now = progress(required, made)
    if now.current is None or any(one.person == who.person for one in made):
        return None
    wanted = {office for seat in now.stages[now.current].open for office in seat.offices}
    choices = [office for office in who.offices if office in wanted]
    free = [one for one in others if one.person not in {who.person, *(d.person for d in made)}]
    for office in choices:
        after = progress(required, (*made, Decision(person=who.person, office=office)))
        left = [seat for one in after.stages for seat in one.open]
        if len(_seated(left, free)) == len(left):
            return office
    return choices[0] if choices else None


def unfillable(
    required: Required, decisions: Iterable[Decision], candidates: Iterable[Candidate]
) -> tuple[Seat, ...]:
    """Return seats for which nobody is left, so that people must act before it can go on."""
    made = tuple(decisions)
    now = progress(required, made)
    left = [seat for one in now.stages for seat in one.open]
    free = [one for one in candidates if one.person not in {d.person for d in made}]
    seated = _seated(left, free)
    return tuple(seat for i, seat in enumerate(left) if i not in seated)


def _seated(seats: list[Seat], people: list[Candidate]) -> dict[int, int]:
    return matched(
        len(seats),
        len(people),
        lambda i, k: not set(seats[i].offices).isdisjoint(people[k].offices),
    )


def _first_of_each(decisions: tuple[Decision, ...]) -> list[Decision]:
    """Return the first approval of each person, in order."""
    first: dict[str, Decision] = {}
    for one in decisions:
        if one.decision == "approve":
            first.setdefault(one.person, one)
    return list(first.values())
