"""Requests: how far a request may go, and what the list says of it. Pure."""

from __future__ import annotations

import enum

from msgspec import UnsetType

from gateway.stores.views import RequestView
from ledger.matters import Answer, Verdict
from ledger.records import SealRequest
from ledger.transitions import Step, advance


class State(enum.Enum):
    """How far a request is; the values are those of `RequestView.state`."""

    FILED = "filed"  # its entry is here, what it withholds is still under way
    OPEN = "open"  # somebody may decide
    REFUSED = "refused"  # by the list or by a person; for good
    PERMITTED = "permitted"  # a permit was issued; what follows is the permit's course


class Event(enum.Enum):
    """What can happen to a request."""

    OPENED = "opened"  # applicant, purpose and pages are known
    LIST_REFUSED = "list-refused"  # the list in force does not allow it
    PERSON_REFUSED = "person-refused"
    RETURNED = "returned"  # to the clerk, who corrects it and files it anew
    WITHDRAWN = "withdrawn"  # by the person who filed it
    LAPSED = "lapsed"  # nobody decided in time
    AGREED = "agreed"  # by one person; others may still have to
    APPROVED = "approved"  # by everybody who must


class Effect(enum.Enum):
    """What the desk does with the move."""

    NOTHING = "nothing"
    ANSWER = "answer"  # the refusal goes to the machine
    ISSUE_PERMIT = "issue-permit"


TRANSITIONS: dict[tuple[State, Event], Step[State, Effect]] = {
    (State.FILED, Event.OPENED): Step(State.OPEN, Effect.NOTHING),
    (State.FILED, Event.LIST_REFUSED): Step(State.REFUSED, Effect.ANSWER),
    (State.FILED, Event.WITHDRAWN): Step(State.REFUSED, Effect.ANSWER),
    (State.FILED, Event.LAPSED): Step(State.REFUSED, Effect.ANSWER),
    (State.OPEN, Event.WITHDRAWN): Step(State.REFUSED, Effect.ANSWER),
    (State.OPEN, Event.LAPSED): Step(State.REFUSED, Effect.ANSWER),
    (State.OPEN, Event.RETURNED): Step(State.REFUSED, Effect.ANSWER),
    (State.OPEN, Event.AGREED): Step(State.OPEN, Effect.NOTHING),
    (State.OPEN, Event.PERSON_REFUSED): Step(State.REFUSED, Effect.ANSWER),
    (State.OPEN, Event.APPROVED): Step(State.PERMITTED, Effect.ISSUE_PERMIT),
}


DECISIONS: dict[str, Event] = {
    "approve": Event.AGREED,
    "refuse": Event.PERSON_REFUSED,
    "return": Event.RETURNED,
}


def move(request: RequestView, event: Event) -> Effect:
    """Return what must be done when `event` happens to a request.

    Raises:
        IllegalEventError: it is not in a state where this can happen.
    """
    return advance(TRANSITIONS, State(request.state), event).effect


def refusal(request: SealRequest, seals: tuple[str, ...], answer: Answer) -> str | None:
    """Return why a request is refused at once, as a reason code; None: somebody may decide.

    Args:
        seals: the seals that are registered with its machine.
        answer: what the list in force in its village says of the item.
    """
    if request.seal not in seals:
        return "unknown-seal"
    if answer.verdict is Verdict.FORBIDDEN:
        return answer.reason
    most = None if answer.matter is None else answer.matter.max_copies
    if most is not None and request.copies > most:
        return "too-many-copies"
    if not isinstance(request.seams, UnsetType) and not _fits(request.seams, request):
        return "seams-unfit"
    return None


def _fits(seams: int, request: SealRequest) -> bool:
    """Tell whether so many copies can ride the edges: of several pages, within the count."""
    return request.pages_count > 1 and seams <= request.copies
