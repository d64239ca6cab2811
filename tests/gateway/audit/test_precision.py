"""How often each rule was right: counts, intervals, and what is said where little is known."""

from __future__ import annotations

from datetime import datetime

import pytest

from gateway.audit.precision import DAY_MS, FEW, interval, measure, starts_ms
from gateway.stores.answered import Outcome
from gateway.stores.calendar import LOCAL

NOW_MS = int(datetime(2026, 3, 1, 0, 30, tzinfo=LOCAL).timestamp() * 1000)


def outcomes(rule: str | None, right: int = 0, wrong: int = 0, open_: int = 0) -> list[Outcome]:
    answers = ["right"] * right + ["false-alarm"] * wrong + [None] * open_
    return [Outcome(rule=rule, answer=answer) for answer in answers]


@pytest.mark.parametrize(
    ("right", "of", "permille"),
    [(0, 1, (0, 0, 793)), (1, 1, (1000, 207, 1000)), (8, 10, (800, 490, 943)),
     (95, 100, (950, 888, 978)), (500, 1000, (500, 469, 531))],
)  # fmt: skip
def test_interval_is_that_of_wilson(right: int, of: int, permille: tuple[int, int, int]) -> None:
    found = interval(right, of)

    assert found is not None
    assert (found.share_permille, found.low_permille, found.high_permille) == permille


def test_no_answer_gives_no_share() -> None:
    assert interval(0, 0) is None


def test_more_right_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 2"):
        interval(3, 2)


def test_unanswered_alerts_count_neither_way() -> None:
    found = measure(outcomes("gap", right=3, wrong=1, open_=6), ["gap"], "all", NOW_MS)

    (gap,) = found.rules
    assert (gap.alerts, gap.answered, gap.right, gap.false_alarms) == (10, 4, 3, 1)
    assert gap.unanswered == 6
    assert gap.precision == interval(3, 4)


@pytest.mark.parametrize(("answered", "few"), [(0, True), (FEW - 1, True), (FEW, False)])
def test_few_answers_are_called_few(answered: int, few: bool) -> None:
    (gap,) = measure(outcomes("gap", answered, open_=1), ["gap"], "all", NOW_MS).rules

    assert gap.few is few


def test_interval_of_few_answers_can_be_wider_than_40_points_and_not_beyond() -> None:
    def width(of: int) -> int:
        found = [interval(right, of) for right in range(of + 1)]
        return max(one.high_permille - one.low_permille for one in found if one)

    assert width(FEW - 1) > 402 >= width(FEW)


def test_rules_stand_in_their_order_and_never_by_size() -> None:
    given = outcomes("b", right=9) + outcomes("a", wrong=9) + outcomes("new", open_=1)

    found = measure(given, ["c", "a", "b"], "all", NOW_MS)

    assert [one.rule for one in found.rules] == ["a", "b", "new"]
    assert found.quiet == ("c",)


def test_erased_answer_is_neither_right_nor_unanswered() -> None:
    given = [*outcomes("a", right=1), Outcome(rule="a", answer="erased")]

    (one,) = measure(given, ["a"], "all", NOW_MS).rules

    assert (one.alerts, one.answered, one.unanswered, one.erased) == (2, 1, 0, 1)
    assert one.precision == interval(1, 1)


def test_alert_whose_rule_was_erased_counts_for_none() -> None:
    found = measure(outcomes(None, right=1, open_=2) + outcomes("a", 1), ["a"], "all", NOW_MS)

    assert found.erased == 3
    assert [one.alerts for one in found.rules] == [1]


def test_this_year_begins_at_local_midnight() -> None:
    begins = datetime.fromtimestamp(starts_ms("year", NOW_MS) / 1000, LOCAL)

    assert begins.isoformat() == "2026-01-01T00:00:00+08:00"
    assert starts_ms("days-90", NOW_MS) == NOW_MS - 90 * DAY_MS
    assert starts_ms("all", NOW_MS) == 0
