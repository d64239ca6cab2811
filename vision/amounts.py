"""Amounts of money in what was read: figures and written-out numbers, each as fen.

Figures read badly in their marks: a comma may come out as a point. So a figure has every value
that it may mean, and serves where one of them is the wanted one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from vision.written import CELL, ROW, Written

_UNITS = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_FIGURE = re.compile(
    r"(?P<mark>[¥￥Y]|RMB|人民币)?(?P<digits>\d[\d.,]*)(?P<unit>[千万亿]?)(?P<yuan>[元圆]?)"
)
_DIGITS = {
    one: value
    for value, group in enumerate(
        (
            "零〇○",
            "壹一弌",
            "贰二贰貳两",
            "叁三叄參",
            "肆四",
            "伍五",
            "陆六陸",
            "柒七",
            "捌八",
            "玖九",
        )
    )
    for one in group
}
_TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_GREAT = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_NUMBER = "[" + "".join((*_DIGITS, *_TENS, *_GREAT)) + "]"
_WORDS = re.compile(
    rf"(?P<yuan>{_NUMBER}{{1,30}})[元圆](?:(?P<jiao>{_NUMBER})角)?(?:零?(?P<fen>{_NUMBER})分)?(?P<end>[整正])?"
)


class Amount(Struct, frozen=True):
    """One amount on the page.

    Args:
        fen: every value that it may mean.
        plain: it says itself that it is money: a currency mark, 元, or two decimals.
        score: how sure the least sure of its characters is, 0..1.
        start, end: where it stands.
    """

    fen: frozenset[int]
    plain: bool
    score: float
    start: int
    end: int


def figures(of: Written) -> Iterator[Amount]:
    """Yield every number in digits."""
    for found in _FIGURE.finditer(of.text):
        digits = found["digits"].rstrip(".,")
        unit = _UNITS[found["unit"]]
        values = frozenset(_values(digits, unit))
        if not values:
            continue
        money = bool(found["mark"] or found["yuan"] or re.search(r"\d[.,]\d\d$", digits))
        start = found.start("digits")
        yield Amount(values, money, of.surest(start, found.end()), start, found.end())


def written_out(of: Written) -> Iterator[Amount]:
    """Yield every number in words (大写) that ends with 元."""
    for found in _WORDS.finditer(of.text):
        yuan = number(found["yuan"])
        if yuan is None:
            continue
        fen = yuan * 100
        fen += 10 * _DIGITS.get(found["jiao"] or "", 0) + _DIGITS.get(found["fen"] or "", 0)
        score = of.surest(found.start(), found.end())
        yield Amount(frozenset((fen,)), True, score, found.start(), found.end())


def number(words: str) -> int | None:
    """Return what Chinese number words mean; None where they mean nothing."""
    total = section = digit = 0
    for one in words:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one in _TENS:
            section += (digit or 1) * _TENS[one]
            digit = 0
        else:
            section += digit
            if section == 0 and total == 0:
                return None
            total = (
                (total + section) * _GREAT[one]
                if _GREAT[one] > 10_000
                else total + section * _GREAT[one]
            )
            section = digit = 0
    value = total + section + digit
    return value or None


def _values(digits: str, unit: int) -> Iterator[int]:
    """Every meaning of digits with points and commas between them, in fen."""
    marks = [i for i, one in enumerate(digits) if one in ".,"]
    bare = digits.replace(",", "").replace(".", "")
    if not marks or all(len(digits) - i >= 4 for i in marks):
        yield int(bare) * unit * 100
    if marks:
        decimals = len(digits) - marks[-1] - 1
        value = Decimal(int(bare)).scaleb(-decimals) * unit * 100
        if value == value.to_integral_value():
            yield int(value)


def apart(of: Written, one: Amount, other: Amount) -> int:
    """Return how many characters stand between two amounts; separators count ten each."""
    low, high = sorted((one, other), key=lambda amount: amount.start)
    between = of.text[low.end : high.start]
    return len(between) + 9 * sum(mark in (CELL, ROW) for mark in between)
