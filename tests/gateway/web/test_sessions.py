"""Sessions: they end, they are not guessable, and their owner sees them all."""

from __future__ import annotations

import pytest

from gateway.web.sessions import (
    HALF_MS,
    IDLE_MS,
    LONGEST_MS,
    MOST_SESSIONS,
    Sessions,
)


class Clock:
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock)


def test_session_is_found_by_its_token_alone(sessions):
    token, session = sessions.begin("wang", "hash", "cookie")

    assert sessions.find(token) == session
    assert sessions.find(session.key) is None
    assert sessions.find("") is None


def test_session_ends_after_idleness(sessions, clock):
    token, _ = sessions.begin("wang", "hash", "cookie")

    clock.ms += IDLE_MS + 1

    assert sessions.find(token) is None


def test_activity_keeps_a_session_until_the_day_is_over(sessions, clock):
    token, session = sessions.begin("wang", "hash", "cookie")

    while clock.ms + IDLE_MS <= session.since_ms + LONGEST_MS:
        clock.ms += IDLE_MS
        assert sessions.find(token)
    clock.ms = session.since_ms + LONGEST_MS + 1

    assert sessions.find(token) is None


def test_polling_is_no_activity(sessions, clock):
    token, _ = sessions.begin("wang", "hash", "cookie")

    clock.ms += IDLE_MS
    assert sessions.find(token, touch=False)
    clock.ms += 1

    assert sessions.find(token, touch=False) is None


def test_ended_session_forgets_what_it_opened(sessions):
    _, session = sessions.begin("wang", "hash", "cookie")
    sessions.mark_opened(session.key, "photo")
    assert sessions.has_opened(session.key, "photo")

    sessions.end(session.key)

    assert not sessions.has_opened(session.key, "photo")


def test_one_session_does_not_see_what_another_opened(sessions):
    _, one = sessions.begin("wang", "hash", "cookie")
    _, two = sessions.begin("wang", "hash", "cookie")

    sessions.mark_opened(one.key, "photo")

    assert not sessions.has_opened(two.key, "photo")


def test_sessions_of_an_account_are_listed_and_all_others_end(sessions, clock):
    first, one = sessions.begin("wang", "stamp", "cookie", "desk")
    clock.ms += 1
    second, two = sessions.begin("wang", "stamp", "bearer", "phone")
    other, _ = sessions.begin("zhao", "stamp", "cookie")

    assert [session.origin for session in sessions.of("wang")] == ["phone", "desk"]

    sessions.end_all("wang", but=two.key)

    assert (sessions.find(first), sessions.of("wang")) == (None, (two,))
    assert sessions.find(second) and sessions.find(other)
    assert one.key != two.key


def test_half_a_sign_in_is_no_session_and_ends_by_itself(sessions, clock):
    token = sessions.begin_half("wang")

    assert (sessions.half(token), sessions.find(token)) == ("wang", None)
    assert sessions.half("another") is None

    clock.ms += HALF_MS

    assert sessions.half(token) is None


def test_half_a_sign_in_is_good_once(sessions):
    token = sessions.begin_half("wang")

    sessions.end_half(token)

    assert sessions.half(token) is None


def test_session_idle_longest_makes_room(sessions, clock):
    first, _ = sessions.begin("wang", "hash", "cookie")
    clock.ms += 1
    second, _ = sessions.begin("zhao", "hash", "cookie")

    for _ in range(MOST_SESSIONS - 1):
        sessions.begin("sun", "hash", "bearer")

    assert sessions.find(first) is None
    assert sessions.find(second)
