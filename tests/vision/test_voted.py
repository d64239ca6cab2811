"""Several readings of one ring made one."""

from __future__ import annotations

import pytest

from vision.voted import Look, begun, joined_part, named_part, voted
from vision.written import SURE, Written

VILLAGE = "青石镇柳树沟村村民委员会"


def look(text: str, *scores: float, begins: float = 0.0) -> Look:
    """A reading whose characters stand evenly on three quarters of the ring."""
    sure = (*scores, *(0.98,) * (len(text) - len(scores)))
    angles = tuple((begins + 0.75 * i / len(text)) % 1.0 for i in range(len(text)))
    weight = sum(score - 0.75 for score in sure)
    return Look(Written(text, sure, (0,) * len(text)), angles, weight, ((),) * len(text))


def test_character_that_one_look_misreads_is_outvoted() -> None:
    looks = [look("青石镇柳材沟村村民委员会"), look(VILLAGE), look(VILLAGE, 0.9)]

    assert voted(looks).said.text == VILLAGE


def test_character_on_which_looks_disagree_is_in_doubt() -> None:
    read = voted([look(VILLAGE), look("青石镇杨树沟村村民委员会")])

    assert read.said.scores[3] < SURE < min(read.said.scores[4:])


def test_looks_that_begin_elsewhere_are_turned_before_they_vote() -> None:
    turned = VILLAGE[5:] + VILLAGE[:5]

    assert voted([look(VILLAGE), look(turned, 0.9), look(turned, 0.9)]).said.text == VILLAGE


def test_character_that_the_best_look_has_not_read_is_put_in_between() -> None:
    looks = [look("青石镇柳沟村村民委员会"), look(VILLAGE, 0.5, 0.5), look(VILLAGE, 0.5, 0.5)]

    assert voted(looks).said.text == VILLAGE


def test_another_character_that_a_look_thinks_of_is_told() -> None:
    one = look("上海币工商局", 0.98, 0.98, 0.6)
    thought = Look(one.said, one.angles, one.weight, ((), (), (("市", 0.35),), *((),) * 3))

    (others,) = [dict(voted([thought]).others[i]) for i in (2,)]

    assert others["市"] == pytest.approx(0.35 / 0.95)


def test_reading_begins_after_the_widest_gap() -> None:
    text = VILLAGE[5:] + VILLAGE[:5]
    angles = [(0.1 + 0.06 * i) % 1.0 for i in range(12)]
    read = look(text)
    rolled = Look(read.said, (*angles[5:], *angles[:5]), read.weight, read.others)

    assert begun(rolled, 1.5).said.text == VILLAGE


def test_number_beside_chinese_words_is_no_part_of_the_name() -> None:
    assert named_part(look(VILLAGE + "320111")).said.text == VILLAGE


def test_words_of_letters_alone_are_kept() -> None:
    assert named_part(look("BEIJINGMUNICIPAL")).said.text == "BEIJINGMUNICIPAL"


def test_voices_change_what_was_read_and_add_nothing() -> None:
    voices = [look("世青石镇柳树沟村村民委员会") for _ in range(3)]

    read = voted([look("青石镇柳材沟村村民委员会", *(0.98,) * 4, 0.6)], voices)

    assert read.said.text == VILLAGE


@pytest.mark.parametrize(("score", "kept"), [(0.5, VILLAGE), (0.98, "国" + VILLAGE)])
def test_doubtful_character_that_stands_apart_is_no_part_of_the_text(
    score: float, kept: str
) -> None:
    read = look("国" + VILLAGE, score)
    apart = Look(read.said, (0.8, *read.angles[1:]), read.weight, read.others)

    assert joined_part(apart).said.text == kept
