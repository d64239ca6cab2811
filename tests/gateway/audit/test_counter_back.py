"""The stroke counter only ever grows: what states less is red."""

from __future__ import annotations

import pytest

from gateway.audit.rules import counter_back


def found(entry, log):
    return [
        (one.severity, dict(one.finding.values))
        for one in counter_back.check(entry, log, counter_back.Options())
    ]


def test_use_that_states_fewer_strokes_than_the_last_one_is_red(log, build):
    log.write(build.use(counter_before=6, counter_after=7))

    entry = log.write(build.use(n=2, counter_before=4, counter_after=5))

    assert found(entry, log) == [("red", {"seal": "committee", "before": 7, "now": 5})]


def test_intent_that_states_fewer_strokes_is_red(log, build):
    log.write(build.use(counter_before=6, counter_after=7))

    entry = log.write(build.intent(n=2, counter_before=6))

    assert found(entry, log) == [("red", {"seal": "committee", "before": 7, "now": 6})]


@pytest.mark.parametrize("counter", [7, 8])
def test_same_or_more_strokes_raise_nothing(log, build, counter):
    log.write(build.use(counter_before=6, counter_after=7))

    entry = log.write(build.intent(n=2, counter_before=counter))

    assert found(entry, log) == []


def test_counter_of_another_seal_says_nothing(log, build):
    log.write(build.use(counter_before=6, counter_after=7))

    entry = log.write(build.intent(n=2, seal="party", counter_before=0))

    assert found(entry, log) == []


def test_first_entry_and_the_look_at_the_state_raise_nothing(log, build):
    entry = log.write(build.intent(counter_before=0))

    assert found(entry, log) == []
    assert found(None, log) == []
