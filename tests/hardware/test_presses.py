"""Counting presses from readings: what is proof, what is only possible."""

from __future__ import annotations

import pytest

from hardware import Inputs
from hardware.controller.presses import PressCounter

TOP, WAY, BOTTOM, BOTH = "top", "way", "bottom", "both"


def seen(readings, bolt_out=False):
    """Return a counter that saw (time in ms, place) from time 0 on."""
    counter = PressCounter(0)
    for now_ms, place in readings:
        inputs = Inputs(
            door_closed=True,
            bolt_out=bolt_out,
            seal_present=True,
            press_top=place in (TOP, BOTH),
            press_bottom=place in (BOTTOM, BOTH),
            paper=True,
            tamper_ok=True,
            mains_ok=True,
        )
        counter.see(inputs, now_ms)
    return counter


@pytest.mark.parametrize(
    ("readings", "presses", "possible"),
    [
        pytest.param([(30, TOP), (60, BOTTOM), (90, TOP)], 1, 0, id="press"),
        pytest.param([(30, TOP), (60, WAY), (90, TOP)], 0, 0, id="turned-back"),
        pytest.param([(30, BOTTOM)], 0, 0, id="not-back-yet"),
        pytest.param([(30, BOTTOM), (60, WAY), (90, BOTTOM), (120, TOP)], 1, 0, id="bounce"),
        pytest.param([(30, BOTTOM), (80, WAY), (130, BOTTOM), (160, TOP)], 1, 0, id="100-ms"),
        pytest.param([(30, BOTTOM), (80, WAY), (131, BOTTOM), (160, TOP)], 2, 0, id="top-missed"),
        pytest.param([(30, BOTTOM), (500, BOTTOM), (530, TOP)], 1, 0, id="held-down"),
        pytest.param([(30, BOTTOM), (60, TOP), (90, BOTTOM), (120, TOP)], 2, 0, id="two"),
        pytest.param([(30, TOP), (60, WAY), (161, TOP)], 0, 1, id="gap-may-hide-the-bottom"),
        pytest.param([(30, TOP), (60, WAY), (160, TOP)], 0, 0, id="gap-too-short-to-hide"),
        pytest.param([(30, TOP), (131, WAY), (160, TOP)], 0, 1, id="gap-before-the-way-back"),
        pytest.param([(30, TOP), (400, TOP)], 0, 0, id="gap-at-rest-is-blind-time"),
        pytest.param([(30, TOP), (60, BOTH), (90, TOP)], 1, 0, id="both-switches-counts"),
    ],
)
def test_presses_seen(readings, presses, possible):
    counter = seen(readings)

    assert (counter.presses, counter.possible) == (presses, possible)


def test_pressing_lasts_until_the_top():
    assert seen([(30, WAY)]).pressing
    assert seen([(30, BOTTOM)]).pressing
    assert not seen([(30, WAY), (60, TOP)]).pressing


def test_blind_time_is_the_longest_gap_since_the_grant():
    counter = seen([(30, TOP), (530, TOP), (560, TOP)])
    assert counter.blind_ms == 500

    counter.restart(600)

    assert counter.blind_ms == 0


def test_bolt_that_was_in_once_is_remembered_until_the_next_grant():
    counter = seen([(30, TOP)])
    assert counter.bolt_left
    assert not seen([(30, TOP)], bolt_out=True).bolt_left

    counter.restart(60)

    assert not counter.bolt_left
