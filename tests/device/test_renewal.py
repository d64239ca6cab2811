"""Renewal: early, at each start, when the link stays down, and never by the clock on the wall."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest

from device.door import Certified
from device.errors import EnrolmentError
from device.renewal import DOWN_S, FIRST_PAUSE_S, LONGEST_PAUSE_S, Renewal, Schedule

LIFE_S = 10 * 24 * 3600


def test_start_asks_at_once_and_then_after_a_third_of_the_life() -> None:
    schedule = Schedule(0.0)
    at_start = schedule.due(0.0, linked=False)

    schedule.renewed(1.0, LIFE_S)

    assert at_start is True
    assert schedule.due(LIFE_S, linked=True) is False
    assert schedule.due(LIFE_S + 1.0, linked=True) is True


def test_link_that_stays_down_asks_before_its_time() -> None:
    schedule = Schedule(0.0)
    schedule.renewed(0.0, LIFE_S)
    schedule.due(100.0, linked=True)

    early = schedule.due(100.0 + DOWN_S - 1, linked=False)
    late = schedule.due(100.0 + DOWN_S, linked=False)

    assert (early, late) == (False, True)


def test_stranded_machine_asks_again_and_again_with_growing_pauses() -> None:
    schedule, now_s, asked = Schedule(0.0), 0.0, []

    while now_s < 24 * 3600:
        if schedule.due(now_s, linked=False):
            asked.append(now_s)
            schedule.failed(now_s)
        now_s += 5.0

    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses[0] == FIRST_PAUSE_S
    assert pauses == sorted(pauses) and pauses[-1] == LONGEST_PAUSE_S


def test_new_certificate_that_does_not_bring_the_link_back_is_no_storm() -> None:
    schedule = Schedule(0.0)
    schedule.renewed(0.0, LIFE_S)

    asked = 0
    for now_s in range(0, 3600, 5):
        if schedule.due(float(now_s), linked=False):
            asked += 1
            schedule.renewed(float(now_s), LIFE_S)

    assert asked <= 3600 / DOWN_S


@pytest.fixture
def run() -> Callable[..., list[str]]:
    def play(*answers: Certified | Exception) -> list[str]:
        """Let a renewal ask once, and return what it kept."""
        kept: list[str] = []
        asked = threading.Event()

        def ask() -> Certified:
            asked.set()
            if isinstance(answers[0], Exception):
                raise answers[0]
            return answers[0]

        renewal = Renewal(ask, kept.append, lambda: False)
        renewal.start()
        assert asked.wait(10)
        renewal.stop()
        return kept

    return play


def test_certificate_is_kept(run: Callable[..., list[str]]) -> None:
    assert run(Certified("pem", 60)) == ["pem"]


def test_refusal_leaves_the_old_one_and_ends_nothing(run: Callable[..., list[str]]) -> None:
    assert run(EnrolmentError("shut-out", "revoked")) == []
