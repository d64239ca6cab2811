"""Seam stamps: what the eyes say of real photos of fanned piles, and how it is counted."""

from __future__ import annotations

import pytest

from bench import seams


def seen(ink: str, *words: str) -> seams.Seen:
    return seams.Seen(seed=1, ink=ink, sheets=3, strip_mm=5.0, words=("impression-seen", *words))


def test_good_and_faint_stamps_are_counted_apart() -> None:
    figures = seams.scored(
        [
            seen("good", "impression-partial"),
            seen("good", "impression-faint"),
            seen("faint", "impression-faint", "impression-partial"),
            seen("faint", "impression-partial"),
        ]
    )

    told = figures.good_called_faint, figures.good_silent, figures.faint_told
    assert [(one.right, one.of) for one in told] == [(1, 2), (1, 2), (1, 2)]
    assert len(seams.table(figures).splitlines()) == 3


@pytest.mark.slow
def test_pale_stamp_over_narrow_strips_is_called_faint_and_a_good_one_beside_it_is_not() -> None:
    said: list[str] = []

    figures = seams.measure((1, 4), said.append)

    assert said == []
    assert (figures.good_called_faint.right, figures.faint_told.right) == (0, 2)
    assert figures.good_silent.right == 2
