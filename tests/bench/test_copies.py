"""Copies: answers are counted against the truth, and parts of a measurement add up."""

from __future__ import annotations

import pytest

from bench import copies
from bench.figures import this_machine


def part(seeds: tuple[int, ...], *said: str) -> copies.Copies:
    answers = copies._answers("display", "origin", "screen", "hard", seeds, said)
    return copies.Copies(this_machine(), (answers,))


def test_answers_are_right_wrong_or_untold() -> None:
    (one,) = part((1, 2, 3, 4), "screen", "paper", "screen", copies.UNTOLD).answers

    assert (one.right.right, one.wrong.right, one.right.of) == (2, 1, 4)
    assert one.said == {"screen": 2, "paper": 1, copies.UNTOLD: 1}


def test_parts_of_other_seeds_add_up_and_the_same_photo_twice_is_refused() -> None:
    whole = copies.merged([part((3, 4), "screen", "paper"), part((1,), "screen")])

    (one,) = whole.answers
    assert (one.right.right, one.wrong.right, one.right.of, one.seeds) == (2, 1, 3, (1, 3, 4))
    with pytest.raises(ValueError, match=r"display \(hard\) of seeds \[1\] twice"):
        copies.merged([part((1,), "screen"), part((1, 2), "screen", "screen")])


@pytest.mark.slow
def test_pages_are_photographed_asked_and_told() -> None:
    pressed, bare = copies.KINDS[0], copies.KINDS[2]

    figures = copies.measure((1,), ("normal",), lambda line: None, (pressed, bare))

    told = [(one.kind, one.question, one.said) for one in figures.answers]
    assert told == [
        ("pressed", "origin", {"paper": 1}),
        ("pressed", "impression", {"ink": 1}),
        ("without a seal", "impression", {"none": 1}),
    ]
    assert len(copies.table(figures).splitlines()) == 1 + len(told)
