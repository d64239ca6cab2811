"""Splitting: generated payments in parts are raised; how many honest ones are is counted, too.

The figures stand in docs/policy.md; `./seal bench splittings` prints them.
"""

from __future__ import annotations

import random

import pytest

from bench.splittings import POLICY, SEED, Splittings, by_village, measure, raised, split
from gateway.desk.policy import Facts
from gateway.desk.policy_sums import DAY_MS, Asked, payee_key, sum_beside


@pytest.fixture(scope="module")
def figures() -> Splittings:
    """Return what the bench measures, printed for whoever runs this with -s."""
    found = measure()
    print(found)
    return found


def test_at_least_95_of_100_generated_splittings_are_raised(figures: Splittings) -> None:
    assert figures.recall >= 0.95
    assert figures.recall_beside >= 0.95


def test_a_misspelt_payee_is_found_less_often_and_that_is_known(figures: Splittings) -> None:
    """Normalising finds spelling, not typing errors: the figure is published, not hidden."""
    assert 0.05 < figures.recall_one_letter_wrong < 0.95


def test_what_share_of_honest_payments_is_raised_stays_as_published(figures: Splittings) -> None:
    """To be raised costs an honest payment the approvals of the next tier, no more."""
    assert 0.05 < figures.false_alarms <= figures.false_alarms_beside < 0.2


def test_parts_that_wait_together_are_all_raised() -> None:
    dice = random.Random(SEED)
    for number in range(200):
        parts = split(dice, lambda name, _: name, number)
        traffic = by_village(parts)
        assert all(
            raised(POLICY, one, sum_beside(POLICY, one, traffic[one.village])) for one in parts
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("杭州宏达建材有限公司", "杭州宏达 建材有限公司"),
        ("ABC 公司", "ａｂｃ公司"),
        ("永兴（2010）建材", "永兴(2010)建材"),
        ("T&J 劳务", "TJ劳务"),
        ("张三。", "张三"),
    ],
)
def test_spellings_of_one_payee_are_one(one: str, other: str) -> None:
    assert payee_key(one) == payee_key(other)


def part(request: str, *, payee: str = "甲", matter: str = "SC-1", village: str = "v",
         day: int = 0) -> Asked:  # fmt: skip
    return Asked(
        request=request,
        village=village,
        facts=Facts(matter=matter, amount_fen=60_000),
        payee=payee,
        filed_ms=day * DAY_MS,
    )


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        (part("b"), True),
        (part("b", matter="SC-2"), True),
        (part("b", day=30), True),
        (part("b", day=31), False),
        (part("b", payee="乙"), False),
        (part("b", matter="FS-1"), False),
        (part("b", village="w"), False),
        (part("a"), False),
    ],
)
def test_only_the_same_payee_rule_village_and_period_add_up(other: Asked, counts: bool) -> None:
    found = sum_beside(POLICY, part("a"), [other])

    assert found.amount_fen == (60_000 if counts else 0)
