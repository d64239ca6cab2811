"""Typing Chinese by pinyin: what is offered, and in which order."""

from __future__ import annotations

import pytest

from device.kiosk.composing import Composer, Expected


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(("贷款", "女方"))


@pytest.mark.parametrize(
    ("letters", "character"),
    [("zhang", "张"), ("wang", "王"), ("zeng", "曾"), ("lv", "吕"), ("qin", "秦"), ("ren", "任")],
)
def test_a_family_name_comes_first_where_a_name_begins(
    composer: Composer, letters: str, character: str
) -> None:
    assert composer.choices(letters, "family-name")[0].text == character


@pytest.mark.parametrize(("letters", "character"), [("wei", "伟"), ("fang", "芳"), ("kun", "坤")])
def test_a_given_name_comes_first_later_in_a_name(
    composer: Composer, letters: str, character: str
) -> None:
    assert composer.choices(letters, "given-name")[0].text == character


@pytest.mark.parametrize(("letters", "character"), [("zhe", "喆"), ("kun", "堃"), ("sheng", "昇")])
def test_rare_characters_of_names_are_offered(
    composer: Composer, letters: str, character: str
) -> None:
    offered = {choice.text for choice in composer.choices(letters, "given-name")}

    assert character in offered


@pytest.mark.parametrize(
    ("letters", "expected", "character"),
    [
        ("z", "family-name", "张"), ("w", "family-name", "王"), ("zh", "family-name", "张"),
        ("w", "given-name", "伟"), ("m", "given-name", "敏"), ("li", "family-name", "李"),
    ],
)  # fmt: skip
def test_common_characters_of_names_are_offered_from_the_first_letter_on(
    composer: Composer, letters: str, expected: Expected, character: str
) -> None:
    first = composer.choices(letters, expected)[0]

    assert (first.text, first.letters) == (character, len(letters))


def test_longer_syllables_follow_one_that_is_whole(composer: Composer) -> None:
    offered = [one.text for one in composer.choices("li", "family-name")]

    assert offered.index("黎") < offered.index("林") < offered.index("里")


def test_a_word_spelled_in_full_comes_first_in_text(composer: Composer) -> None:
    first = composer.choices("daikuan", "text")[0]

    assert (first.text, first.letters) == ("贷款", 7)


def test_v_stands_for_the_rounded_vowel(composer: Composer) -> None:
    assert composer.choices("nvfang", "text")[0].text == "女方"


def test_no_word_is_offered_inside_a_name(composer: Composer) -> None:
    assert all(len(one.text) == 1 for one in composer.choices("daikuan", "given-name"))


def test_the_first_syllable_is_offered_while_more_letters_wait(composer: Composer) -> None:
    first = composer.choices("zhangwei", "family-name")[0]

    assert (first.text, first.letters) == ("张", 5)


def test_a_shorter_syllable_is_offered_too(composer: Composer) -> None:
    offered = {(one.text, one.letters) for one in composer.choices("xian", "text")}

    assert ("西", 2) in offered


def test_a_character_is_offered_once(composer: Composer) -> None:
    texts = [one.text for one in composer.choices("zhong", "text")]

    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("letters", ["", "123", "<>", "bpq" * 40])
def test_what_is_no_pinyin_offers_nothing(composer: Composer, letters: str) -> None:
    assert composer.choices(letters, "text") == ()
