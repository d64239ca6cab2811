"""The rules by which findings are called right."""

from __future__ import annotations

import pytest

from bench.eyes_scoring import characters_right, matched, overlap, rate


def test_boxes_match_one_to_one_and_the_best_overlap_goes_first() -> None:
    labelled = [(0, 0, 100, 100), (10, 0, 100, 100)]
    found = [(10, 0, 100, 100), (500, 500, 10, 10), (0, 0, 98, 100)]

    assert matched(labelled, found) == {0: 2, 1: 0}


def test_one_box_never_counts_for_two_seals() -> None:
    assert matched([(0, 0, 100, 100), (5, 0, 100, 100)], [(2, 0, 100, 100)]) in ({0: 0}, {1: 0})


def test_overlap_just_under_a_half_is_another_place() -> None:
    assert overlap((0, 0, 100, 100), (34, 0, 100, 100)) < 0.5
    assert matched([(0, 0, 100, 100)], [(34, 0, 100, 100)]) == {}
    assert matched([(0, 0, 100, 100)], [(33, 0, 100, 100)]) == {0: 0}


def test_interval_is_that_of_wilson() -> None:
    found = rate(9, 10)

    assert (found.rate, found.low, found.high) == (0.9, pytest.approx(0.5958, abs=2e-4), 0.9821)


def test_nothing_to_count_has_no_rate() -> None:
    assert rate(0, 0).rate is None


def test_text_is_compared_without_width_spaces_and_punctuation() -> None:
    assert characters_right("江浦街道（同心）社区 ２", "江浦街道同心社区2") == 1.0


@pytest.mark.parametrize(
    ("read", "right"),
    [("同心社区", 1.0), ("同新社区", 0.75), ("", 0.0), ("完全不同的很长的字", 0.0)],
)
def test_accuracy_is_one_less_edits_by_length(read: str, right: float) -> None:
    assert characters_right("同心社区", read) == right
