"""Cycle: the states of one seal and the only moves between them. Pure.

The agent's loop performs the effects and reports what happened as the next event. Only
`Effect.GRANT` can free the lever, and it stands in one place: after the intent is durable.
"""

from __future__ import annotations

import enum

from ledger.transitions import Step


class State(enum.Enum):
    """Where the machine is between two impressions."""

    IDLE = "idle"  # locked, no permit taken up
    READY = "ready"  # locked, a permit is taken up, the clerk lays the page
    ARMED = "armed"  # the intent is reserved; the grant may or may not have gone out
    OPEN = "open"  # the lever is free for one impression
    CLOSED = "closed"  # all outputs off; what happened is being settled and photographed
    CAPTURED = "captured"  # the photos are stored; the use must be journaled
    HELD = "held"  # locked until a person has counted


class Event(enum.Enum):
    """What the loop reports."""

    PERMIT_ACCEPTED = "permit-accepted"  # the clerk took up a permit that is good now
    JOB_ENDED = "job-ended"  # the clerk left, or the permit is used up or over
    PAGE_CHECKED = "page-checked"  # the approved page lies there, its photo is stored
    INTENT_DURABLE = "intent-durable"  # the reservation is on the disk
    INTENT_FAILED = "intent-failed"  # the reservation could not be written
    GRANT_ACCEPTED = "grant-accepted"  # the controller runs the pulse
    GRANT_REFUSED = "grant-refused"  # the controller said no: nothing moved
    PRESSED = "pressed"  # the press went down and is back at the top
    WINDOW_OVER = "window-over"  # the time is up
    PROVED_NONE = "proved-none"  # no impression was made, and this is certain
    PROVED_ONE = "proved-one"  # exactly one impression was made
    UNCLEAR = "unclear"  # how many impressions were made cannot be proved
    PHOTOS_ACCEPTED = "photos-accepted"  # before and after are stored
    PHOTO_MISSING = "photo-missing"  # no usable photo while the page was there
    IMPRESSION_MISSING = "impression-missing"  # the page is there and bears no new mark
    ENTRY_SIGNED = "entry-signed"  # the use is journaled, impressions remain
    LAST_SIGNED = "last-signed"  # the use is journaled, the permit is used up
    TAMPERED = "tampered"  # case opened, press without a grant, second press, bolt stuck
    RELEASED = "released"  # a signed release named the impressions counted


class Effect(enum.Enum):
    """What the loop must do after a move."""

    NONE = "none"
    RESERVE = "reserve"  # journal the intent
    GRANT = "grant"  # send the one hardware-timed grant
    WATCH = "watch"  # read inputs until pressed or over; nothing but serial I/O
    SETTLE = "settle"  # all outputs off, wait for the bolt, find out what can be proved
    VOID = "void"  # journal that the reservation made no impression
    PHOTOGRAPH = "photograph"  # take and keep the photo after the impression
    RECORD = "record"  # journal the use
    HOLD = "hold"  # all outputs off, journal the incident, sound the alarm


Move = Step[State, Effect]

TRANSITIONS: dict[tuple[State, Event], Move] = {
    (State.IDLE, Event.PERMIT_ACCEPTED): Step(State.READY, Effect.NONE),
    (State.READY, Event.PERMIT_ACCEPTED): Step(State.READY, Effect.NONE),
    (State.READY, Event.JOB_ENDED): Step(State.IDLE, Effect.NONE),
    (State.READY, Event.PAGE_CHECKED): Step(State.ARMED, Effect.RESERVE),
    (State.ARMED, Event.INTENT_FAILED): Step(State.READY, Effect.NONE),
    (State.ARMED, Event.INTENT_DURABLE): Step(State.ARMED, Effect.GRANT),
    (State.ARMED, Event.GRANT_REFUSED): Step(State.READY, Effect.VOID),
    (State.ARMED, Event.GRANT_ACCEPTED): Step(State.OPEN, Effect.WATCH),
    (State.ARMED, Event.UNCLEAR): Step(State.CLOSED, Effect.SETTLE),
    (State.OPEN, Event.PRESSED): Step(State.CLOSED, Effect.SETTLE),
    (State.OPEN, Event.WINDOW_OVER): Step(State.CLOSED, Effect.SETTLE),
    (State.OPEN, Event.UNCLEAR): Step(State.CLOSED, Effect.SETTLE),
    (State.CLOSED, Event.PROVED_NONE): Step(State.READY, Effect.VOID),
    (State.CLOSED, Event.PROVED_ONE): Step(State.CLOSED, Effect.PHOTOGRAPH),
    (State.CLOSED, Event.UNCLEAR): Step(State.HELD, Effect.HOLD),
    (State.CLOSED, Event.PHOTOS_ACCEPTED): Step(State.CAPTURED, Effect.RECORD),
    (State.CLOSED, Event.PHOTO_MISSING): Step(State.HELD, Effect.HOLD),
    (State.CLOSED, Event.IMPRESSION_MISSING): Step(State.HELD, Effect.HOLD),
    (State.CAPTURED, Event.ENTRY_SIGNED): Step(State.READY, Effect.NONE),
    (State.CAPTURED, Event.LAST_SIGNED): Step(State.IDLE, Effect.NONE),
    (State.HELD, Event.RELEASED): Step(State.IDLE, Effect.NONE),
    **{
        (state, Event.TAMPERED): Step(State.HELD, Effect.HOLD)
        for state in State
        if state not in (State.HELD, State.CAPTURED)
    },
}
"""CAPTURED is left only by a signed use: tampering seen there is reported right after it."""
