"""Days in what was read: 2026年3月5日, 2026-03-05, 二〇二六年三月五日."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from vision.amounts import number
from vision.written import Written, best_fit

_CHINESE_DIGITS = "〇一二三四五六七八九"
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
    """One day on the page.

    Args:
        day: year, month, day.
        score: how sure its least sure character is, 0..1.
        parts: where year, month and day stand, each from and to.
    """

    day: Day
    score: float
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]


def days(of: Written) -> Iterator[ReadDay]:
    """Yield every day, in the order of the page."""
    found = []
    for at in (*_ARABIC.finditer(of.text), *_CHINESE.finditer(of.text)):
        year = int("".join(_YEAR_DIGITS.get(one, one) for one in at[1]))
        month, day = (int(one) if one.isdecimal() else number(one) for one in (at[2], at[3]))
        if month is None or day is None or not _possible((year, month, day)):
            continue
        parts = tuple(at.span(i) for i in (1, 2, 3))
        found.append(ReadDay((year, month, day), of.least(*at.span()), *at.span(), parts))
    yield from sorted(found, key=lambda one: one.start)


def against(of: Written, one: ReadDay, wanted: Day) -> float:
    """Return what speaks against a day being the wanted one: 1 for each sure difference."""
    speaks = 0.0
    for (start, end), seen, value in zip(one.parts, one.day, wanted, strict=True):
        if seen != value:
            said = of.cut(start, end)
            speaks += best_fit(_like(said.text, value), said, whole=True).against
    return speaks


def _like(said: str, value: int) -> str:
    """A year, month or day written in the way that `said` is."""
    if said.isdecimal():
        return f"{value:0{len(said)}}" if said.startswith("0") else str(value)
    if value > 99:
        return "".join(_CHINESE_DIGITS[int(one)] for one in str(value))
    tens, ones = divmod(value, 10)
    ten = {0: "", 1: "十"}.get(tens, f"{_CHINESE_DIGITS[tens]}十")
    return ten + (_CHINESE_DIGITS[ones] if ones else "")


def day_of(text: str) -> Day | None:
    """Return the day that a short text says; None where it says none."""
    text = re.sub(r"\s", "", text)
    found = next(days(Written(text, (1.0,) * len(text), (0,) * len(text))), None)
    return None if found is None else found.day


def _possible(day: Day) -> bool:
    return 1900 <= day[0] <= 2199 and 1 <= day[1] <= 12 and 1 <= day[2] <= 31
