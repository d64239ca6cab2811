"""Days in what was read: 2026年3月5日, 2026-03-05, 二〇二六年三月五日."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from vision.amounts import number
from vision.written import Written

_YEAR_DIGITS = {one: str(value) for value, one in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "O": "0",
    "o": "0",
    "0": "0",
}
_ARABIC = re.compile(r"(?<!\d)(\d{4})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})(?!\d)日?")
_CHINESE = re.compile(
    r"([一二三四五六七八九零〇○Oo0]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日?"
)

Day = tuple[int, int, int]


class ReadDay(Struct, frozen=True):
    """One day on the page: year, month, day; and how sure the least sure character is."""

    day: Day
    score: float
    start: int
    end: int


def days(of: Written) -> Iterator[ReadDay]:
    """Yield every day, in the order of the page."""
    found = [
        ReadDay((int(at[1]), int(at[2]), int(at[3])), of.surest(*at.span()), *at.span())
        for at in _ARABIC.finditer(of.text)
    ]
    for at in _CHINESE.finditer(of.text):
        year = int("".join(_YEAR_DIGITS[one] for one in at[1]))
        month, day = number(at[2]), number(at[3])
        if month is not None and day is not None:
            found.append(ReadDay((year, month, day), of.surest(*at.span()), *at.span()))
    yield from sorted((one for one in found if _possible(one.day)), key=lambda one: one.start)


def day_of(text: str) -> Day | None:
    """Return the day that a short text says; None where it says none."""
    text = re.sub(r"\s", "", text)
    found = next(days(Written(text, (1.0,) * len(text), (0,) * len(text))), None)
    return None if found is None else found.day


def _possible(day: Day) -> bool:
    return 1900 <= day[0] <= 2199 and 1 <= day[1] <= 12 and 1 <= day[2] <= 31
