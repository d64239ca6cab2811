"""Amounts of money in what was read: figures and written-out numbers, each as fen.

Figures read badly in their marks: a comma may come out as a point. So a figure has every value
that it may mean, and serves where one of them is the wanted one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from vision.written import CELL, ROW, SURE, Written, best_fit, digits_only

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
        unit: fen that its last digit means, by each reading; empty for an amount in words.
    """

    fen: frozenset[int]
    plain: bool
    score: float
    start: int
    end: int
    unit: frozenset[Decimal] = frozenset()


def figures(of: Written) -> Iterator[Amount]:
    """Yield every number in digits."""
    for found in _FIGURE.finditer(of.text):
        digits = found["digits"].rstrip(".,")
        unit = 100 * _UNITS[found["unit"]]
        readings = dict(_readings(digits, unit))
        if not readings:
            continue
        money = bool(found["mark"] or found["yuan"] or re.search(r"\d[.,]\d\d$", digits))
        start = found.start("digits")
        score = of.least(start, found.end())
        last = frozenset(readings.values())
        yield Amount(frozenset(readings), money, score, start, found.end(), last)


def written_out(of: Written) -> Iterator[Amount]:
    """Yield every number in words (大写) that ends with 元."""
    for found in _WORDS.finditer(of.text):
        yuan = number(found["yuan"])
        if yuan is None:
            continue
        fen = yuan * 100
        fen += 10 * _DIGITS.get(found["jiao"] or "", 0) + _DIGITS.get(found["fen"] or "", 0)
        score = of.least(found.start(), found.end())
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


def against(of: Written, one: Amount, wanted_fen: int) -> float:
    """Return what speaks against an amount being the wanted one: 1 for each sure difference.

    A doubtful digit speaks little, whatever it is; a sure one that is another one speaks. One digit
    that is missing does not: at the edge of a strip the reader drops one at times.
    """
    if wanted_fen in one.fen:
        return 0.0
    if not one.unit:
        return 1.0 if one.score >= SURE else 0.0
    said = digits_only(of.cut(one.start, one.end))
    return min(_against_digits(str(int(wanted_fen / unit)), said) for unit in one.unit)


def _against_digits(wanted: str, said: Written) -> float:
    dropped = len(wanted) - len(said.text) == 1
    return best_fit(wanted, said, whole=True, gaps=dropped).against


def _readings(digits: str, unit: int) -> Iterator[tuple[int, Decimal]]:
    """Every meaning of digits with points and commas between them, and that of the last digit.

    Args:
        unit: fen of a whole one.
    """
    marks = [i for i, one in enumerate(digits) if one in ".,"]
    bare = int(digits.replace(",", "").replace(".", ""))
    if not marks or all(len(digits) - i >= 4 for i in marks):
        yield bare * unit, Decimal(unit)
    if marks:
        last = Decimal(unit).scaleb(marks[-1] + 1 - len(digits))
        if bare * last == (bare * last).to_integral_value():
            yield int(bare * last), last


def apart(of: Written, one: Amount, other: Amount) -> int:
    """Return how many characters stand between two amounts; separators count ten each."""
    low, high = sorted((one, other), key=lambda amount: amount.start)
    between = of.text[low.end : high.start]
    return len(between) + 9 * sum(mark in (CELL, ROW) for mark in between)
