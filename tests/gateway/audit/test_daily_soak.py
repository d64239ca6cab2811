"""The count that a soak makes over its machines: honest ones are accused of nothing."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bench.campaign.daily import Told, told
from ledger.records import Start
from tests.gateway.audit.test_reckoning import ONE, Facts

FASTER = 24 * 60.0  # a day for each minute


class Days:
    """Entries of one machine, whose counter begins at 7, half a minute apart."""

    def __init__(self, log: Any, build: Any) -> None:
        self.log, self.build, self.counter, self.at_ms = log, build, 7, 1_800_000_000_000
        self.looks: dict[str, Any] = {}
        self.counted: dict[str, int] = {}

    def say(self, body: Any) -> Any:
        self.at_ms += 30_000
        return self.log.write(body, at_ms=self.at_ms)

    def start(self) -> None:
        strokes = {"committee": self.counter}
        self.say(Start(version="1", controller="B", strokes=strokes, reason="started"))

    def use(self) -> None:
        self.say(self.build.intent(counter_before=self.counter))
        body = self.build.use(counter_before=self.counter, counter_after=self.counter + 1)
        self.counter += 1
        self.looks[self.say(body).sha256] = ONE

    def incident(self, least: int, most: int, made: int) -> None:
        self.say(self.build.intent(counter_before=self.counter))
        body = self.build.incident(impressions_min=least, impressions_max=most)
        self.counted[self.say(body).sha256] = made
        self.counter += made

    def told(self, seed: int = 1) -> Told:
        facts = Facts(counted=self.counted, looks=self.looks, heard_ms=0, now_ms=0)
        return told(self.log.written, "committee", facts, random.Random(seed), FASTER)


@pytest.fixture
def town(log: Any, build: Any) -> Days:
    return Days(log, build)


def test_honest_days_agree_wherever_midnight_falls(town: Days) -> None:
    town.start()
    for made in (0, 1, 2):
        town.use()
        town.incident(0, 2, made)
        town.start()
        town.use()

    found = town.told()

    assert found.differences == ()
    assert found.days > 8
    assert found.agreeing == found.days


@pytest.mark.parametrize("seed", range(6))
def test_a_planted_stroke_is_found_wherever_it_falls(town: Days, seed: int) -> None:
    town.start()
    for _ in range(4):
        town.use()
        town.incident(0, 1, 1)
        town.use()
        town.start()

    found = town.told(seed)

    assert (found.differences, found.planted, found.found) == ((), 1, 1)


def test_a_stroke_that_no_entry_tells_of_is_said(town: Days) -> None:
    town.start()
    town.use()
    town.counter += 1
    town.use()

    [said] = town.told().differences

    assert "unrecorded by 1" in said


def test_a_log_without_a_use_has_no_place_for_a_planted_stroke(town: Days) -> None:
    town.start()
    town.start()

    assert (town.told().planted, town.told().found) == (0, 0)
