"""Typing Chinese on the screen: pinyin letters in, characters and words to choose from out.

Made from what is there already: pypinyin's readings say how a character is spelled, GB 2312's
first level which ones are common, and the number of pypinyin's phrases that hold a character
how common. Family names come first where a name begins, words of the items list where they
are spelled in full. Nothing is learned and nothing kept: what villagers are called stays here.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

LETTERS_MAX = 30
_CHOICES_LONGEST = 72
_CHOICES_SHORTER = 16
_SYLLABLE_MAX = 6
_PHRASE_MAX = 4  # characters; longer ones are proverbs
_COMMON_LEVEL = range(0xB0, 0xD8)  # first bytes of GB 2312's first level, 3,755 characters

# The hundred commonest family names, by number of bearers (公安部 2020, order of its report).
_FAMILY_NAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯"
    "龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)


# Characters that many given names hold, commonest first as far as anybody counted.
_GIVEN_NAMES = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华红玉梅文建国志海春小晓玲燕波辉鹏飞"
    "永生金荣福贵德林成龙凤珍琴云莲香月菊花翠淑慧萍雪琳倩颖婷宇浩轩子涵梓欣怡佳嘉俊博天"
    "一诺雨泽宏立新正义忠孝良善仁礼智信安康宁东南西北山江河川树森木水火土光亮兴旺祥瑞庆根"
    "坤昆雯薇蕾洁发财富有才学友家全来喜长青松柏峰岩斌彬武兵胜利民爱秋冬夏思语晨阳旭昊然毅凯翔"
)

Expected = Literal["family-name", "given-name", "text"]


class Choice(Struct, frozen=True, kw_only=True):
    """One thing to choose: `text`, and how many of the letters typed it uses up."""

    text: str
    letters: int


class _Spelled(Struct, frozen=True, kw_only=True, order=True):
    """A character under one of its spellings; `usual` when that is its first reading."""

    text: str
    usual: bool


class Composer:
    """The tables behind the screen's keyboard; immutable after construction."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Build the tables (about a second); `words` are known besides pypinyin's phrases."""
        self._characters = _characters_by_syllable()
        self._phrases = _phrases_by_spelling()
        self._words = _by_spelling((_spelling(word), word) for word in words)
        self._names = _readings_of_names()

    def choices(self, letters: str, expected: Expected) -> tuple[Choice, ...]:
        """Return what `letters` may mean, best first: words that use them all, then characters.

        In a name its common characters are offered from the first letter on.

        Args:
            letters: pinyin without tones, `v` for ü; anything but a-z is dropped.
            expected: what comes next: the first or a later character of a name, or any text.
        """
        spelled = "".join(c for c in letters.lower() if "a" <= c <= "z")[:LETTERS_MAX]
        found = []
        if expected == "text":
            found += [Choice(text=word, letters=len(spelled)) for word in self._spelled(spelled)]
        else:
            found += [
                Choice(text=one, letters=len(spelled)) for one in self._begun(spelled, expected)
            ]
        most = _CHOICES_LONGEST
        for length in range(min(_SYLLABLE_MAX, len(spelled)), 0, -1):
            characters = self._of(spelled[:length], expected)
            found += [Choice(text=one, letters=length) for one in characters[:most]]
            most = _CHOICES_SHORTER if characters else most
        return _without_repeats(found)

    def _spelled(self, spelled: str) -> tuple[str, ...]:
        return (*self._words.get(spelled, ()), *self._phrases.get(spelled, ()))

    def _begun(self, spelled: str, expected: Expected) -> tuple[str, ...]:
        """Characters of names spelled so, whole ones first, or so at their beginning."""
        if not spelled:
            return ()
        named = self._names[expected]
        whole = [one for one, readings in named if spelled in readings]
        begun = [one for one, readings in named if any(r.startswith(spelled) for r in readings)]
        return (*whole, *begun)

    def _of(self, syllable: str, expected: Expected) -> tuple[str, ...]:
        spelled = self._characters.get(syllable, ())
        if expected == "family-name":
            spelled = tuple(sorted(spelled, key=lambda one: _place(_FAMILY_NAMES, one.text)))
        elif expected == "given-name":
            spelled = tuple(sorted(spelled, key=_given_place))
        return tuple(one.text for one in spelled)


def _given_place(one: _Spelled) -> int:
    return _place(_GIVEN_NAMES, one.text) if one.usual else len(_GIVEN_NAMES)


def _place(first: str, character: str) -> int:
    """Characters of `first` in its order; all others behind them, as they stood."""
    place = first.find(character)
    return place if place >= 0 else len(first)


def _without_repeats(found: Iterable[Choice]) -> tuple[Choice, ...]:
    kept: dict[str, Choice] = {}
    for choice in found:
        kept.setdefault(choice.text, choice)
    return tuple(kept.values())


@functools.cache  # pypinyin's tables never change while a program runs
def _characters_by_syllable() -> Mapping[str, tuple[_Spelled, ...]]:
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    use = Counter(character for phrase in PHRASES_DICT for character in phrase)
    table: defaultdict[str, list[tuple[int, int, str, _Spelled]]] = defaultdict(list)
    for point, readings in PINYIN_DICT.items():
        character = chr(point)
        level = _level(character)
        if level is None:
            continue
        for order, reading in enumerate(dict.fromkeys(map(_plain, readings.split(",")))):
            spelled = _Spelled(text=character, usual=order == 0)
            rank = 2 * level + (order > 0)
            table[reading].append((rank, -use[character], character, spelled))
    return {key: tuple(rank[-1] for rank in sorted(ranks)) for key, ranks in table.items()}


def _level(character: str) -> int | None:
    """Return 0 for common characters, 1 and 2 for rarer ones that names need, None for others."""
    for level, encoding in ((1, "gb2312"), (2, "gbk")):
        try:
            first = character.encode(encoding)[0]
        except UnicodeEncodeError:
            continue
        return 0 if level == 1 and first in _COMMON_LEVEL else level
    return None


@functools.cache
def _readings_of_names() -> Mapping[Expected, tuple[tuple[str, frozenset[str]], ...]]:
    """Return the characters of names, commonest first, each with how it is read in one."""
    table: defaultdict[str, set[str]] = defaultdict(set)
    usual: defaultdict[str, set[str]] = defaultdict(set)
    for syllable, spelled in _characters_by_syllable().items():
        for one in spelled:
            table[one.text].add(syllable)
            if one.usual:
                usual[one.text].add(syllable)
    return {
        "family-name": tuple((one, frozenset(table[one])) for one in _FAMILY_NAMES),
        "given-name": tuple((one, frozenset(usual[one])) for one in _GIVEN_NAMES),
    }


@functools.cache
def _phrases_by_spelling() -> Mapping[str, tuple[str, ...]]:
    from pypinyin.constants import PHRASES_DICT

    return _by_spelling(
        ("".join(_plain(one[0]) for one in readings), phrase)
        for phrase, readings in PHRASES_DICT.items()
        if len(phrase) <= _PHRASE_MAX
    )


def _by_spelling(words: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    table: defaultdict[str, list[str]] = defaultdict(list)
    for spelling, word in words:
        table[spelling].append(word)
    return {spelling: tuple(found) for spelling, found in table.items()}


def _spelling(word: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word)).replace("ü", "v")


def _plain(reading: str) -> str:
    """Return a reading without its tone marks, with v for ü."""
    apart = unicodedata.normalize("NFD", reading.strip()).replace("u\u0308", "v")
    apart = re.sub("u([\u0300-\u036f])\u0308", r"v\1", apart)
    return "".join(c for c in apart if "a" <= c <= "z")
