"""What common words tell of characters that are guesses, and what they never change."""

from __future__ import annotations

import pytest

from vision.phrases import completed
from vision.voted import Look
from vision.written import READ, Written

SURE, GUESS = 0.98, 0.3


def look(text: str, guessed: str = "", wider_after: str = "") -> Look:
    """A reading in even steps; `guessed` are guesses, one step is left out after `wider_after`."""
    scores = tuple(GUESS if one in guessed else SURE for one in text)
    angles, at = [], 0.05
    for one in text:
        angles.append(at)
        at += 0.1 if one == wider_after else 0.05
    return Look(Written(text, scores, (0,) * len(text)), tuple(angles), 1.0, ((),) * len(text))


@pytest.mark.parametrize(
    ("read", "guessed", "means"),
    [
        ("南京谐诚机电有取公司", "取", "南京谐诚机电有限公司"),
        ("青石镇人尺政府", "尺", "青石镇人民政府"),
        ("BEIJINGCOMMIRCE", "IR", "BEIJINGCOMMERCE"),
    ],
)
def test_guess_within_a_common_word_is_that_words_character(
    read: str, guessed: str, means: str
) -> None:
    found = completed(look(read, guessed))

    assert found.said.text == means
    assert max(found.said.scores[i] for i, one in enumerate(read) if one != means[i]) < READ


def test_gap_as_wide_as_a_character_is_filled_by_a_common_word() -> None:
    found = completed(look("东山县自然资和规划局", wider_after="资"))

    assert found.said.text == "东山县自然资源和规划局"
    assert found.angles[6] == pytest.approx(0.35)
    assert found.said.scores[6] < READ


def test_missing_character_without_room_for_it_stays_missing() -> None:
    assert completed(look("东山县自然资和规划局")).said.text == "东山县自然资和规划局"


def test_character_that_was_read_is_never_changed() -> None:
    assert completed(look("南京谐诚机电有银公司")).said.text == "南京谐诚机电有银公司"


def test_between_two_words_that_fit_equally_well_none_is_chosen() -> None:
    assert completed(look("白云村材民委员会", "材")).said.text == "白云村材民委员会"


def test_nothing_is_put_in_where_nothing_was_read_at_an_end() -> None:
    assert completed(look("南京谐诚机电有限公")).said.text == "南京谐诚机电有限公"
