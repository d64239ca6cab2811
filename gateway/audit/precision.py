"""Precision: how often each rule was right, as far as auditors have said. Pure.

Counted are alerts, by rule, never people or villages; rules stand in the order in which they are
given, never by size. A share stands with its interval, and few answers are called few.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from gateway.stores.answered import Outcome
from gateway.stores.calendar import LOCAL

Span = Literal["days-90", "year", "all"]
SPANS: tuple[Span, ...] = ("days-90", "year", "all")
DAY_MS = 24 * 60 * 60 * 1000
FEW = 20  # with fewer answers the interval is wider than 40 points where it is widest
_Z = 1.96  # standard deviations of a 95 % interval
_Counts = Counter[tuple[str | None, str | None]]  # alerts by rule and answer


class Interval(Struct, frozen=True, kw_only=True):
    """A share and its Wilson 95 % interval; the wire knows no fractions."""

    share_permille: int
    low_permille: int
    high_permille: int


class RulePrecision(Struct, frozen=True, kw_only=True):
    """What became of the alerts of one rule in a period.

    Args:
        rule: its code.
        erased: answers that are not known any more; they count neither way.
        precision: right ones among the answered; None: nobody has answered.
        few: too few answers to go by.
    """

    rule: str
    alerts: int
    answered: int
    right: int
    false_alarms: int
    unanswered: int
    erased: int
    precision: Interval | None
    few: bool


class Precision(Struct, frozen=True, kw_only=True):
    """The rules' precision in [from, to), in milliseconds.

    Args:
        quiet: rules that raised no alert.
        erased: alerts whose rule is not known any more; no rule counts them.
    """

    span: Span
    from_ms: int
    to_ms: int
    rules: tuple[RulePrecision, ...]
    quiet: tuple[str, ...]
    erased: int


def starts_ms(span: Span, now_ms: int) -> int:
    """Return the first millisecond of a period that ends now; `year` is this calendar year."""
    if span == "days-90":
        return now_ms - 90 * DAY_MS
    if span == "year":
        year = datetime.fromtimestamp(now_ms / 1000, LOCAL).year
        return int(datetime(year, 1, 1, tzinfo=LOCAL).timestamp() * 1000)
    return 0


def interval(right: int, of: int) -> Interval | None:
    """Return `right` of `of` with its Wilson 95 % interval; None where there is nothing.

    Raises:
        ValueError: more are right than there are.
    """
    if not 0 <= right <= of:
        raise ValueError(f"expected at most {of} to be right, found {right}")
    if of == 0:
        return None
    share, squared = right / of, _Z * _Z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    reach = _Z * math.sqrt(share * (1 - share) / of + squared / (4 * of * of)) / (1 + squared / of)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Interval(
        share_permille=round(share * 1000),
        low_permille=round(low * 1000),
        high_permille=round(high * 1000),
    )


def measure(
    outcomes: Iterable[Outcome], rules: Iterable[str], span: Span, now_ms: int
) -> Precision:
    """Return the precision of each rule.

    Args:
        outcomes: of every alert since `starts_ms(span, now_ms)`.
        rules: codes in the order to be shown; one that is not named here comes last.
    """
    found: _Counts = Counter((one.rule, one.answer) for one in outcomes)
    raised = {rule for rule, _ in found if rule is not None}
    known = tuple(dict.fromkeys(rules))
    order = [rule for rule in known if rule in raised] + sorted(raised - set(known))
    return Precision(
        span=span,
        from_ms=starts_ms(span, now_ms),
        to_ms=now_ms,
        rules=tuple(_of_rule(rule, found) for rule in order),
        quiet=tuple(rule for rule in known if rule not in raised),
        erased=sum(count for (rule, _), count in found.items() if rule is None),
    )


def _of_rule(rule: str, found: _Counts) -> RulePrecision:
    right, false_alarms = found[rule, "right"], found[rule, "false-alarm"]
    unanswered, erased = found[rule, None], found[rule, "erased"]
    answered = right + false_alarms
    return RulePrecision(
        rule=rule,
        alerts=answered + unanswered + erased,
        answered=answered,
        right=right,
        false_alarms=false_alarms,
        unanswered=unanswered,
        erased=erased,
        precision=interval(right, answered),
        few=answered < FEW,
    )
