"""Scores against a known truth."""

from __future__ import annotations

import pytest

from bench.eyes_folder import Case
from bench.eyes_truth import answers, outlines, overlap, states

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
HALF = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))


def test_outline_is_scored_by_its_common_area() -> None:
    assert overlap(SQUARE, SQUARE) == pytest.approx(1.0)
    assert overlap(SQUARE, HALF) == pytest.approx(0.5)
    assert overlap(SQUARE, None) == 0.0


def test_page_that_was_not_outlined_counts_as_missed() -> None:
    scored = outlines([(SQUARE, SQUARE), (SQUARE, None)])

    assert (scored.mean, scored.least) == (0.5, 0.0)
    assert (scored.good.right, scored.good.of) == (1, 2)


def test_states_are_scored_for_each_state_alike() -> None:
    scored = states([("complete", "complete")] * 3 + [("faint", "complete")])

    assert scored.right.right == 3
    assert scored.macro_f1 == pytest.approx((6 / 7 + 0) / 2, abs=1e-4)
    assert scored.confused == {"faint as complete": 1}


def test_answers_are_counted_by_question_and_truth() -> None:
    cases = [
        Case("a", "blank", ("x.jpg",), answer="blank"),
        Case("b", "blank", ("y.jpg",), answer="text"),
        Case("c", "blank", ("z.jpg",)),  # nobody knows
    ]

    scored = answers(cases, {"a": "blank", "b": "blank", "c": "text"})

    assert {kind: (one.right, one.of) for kind, one in scored.items()} == {
        "blank blank": (1, 1),
        "blank text": (0, 1),
    }
