"""Policy: the rule that decides, the tier, and that more money never needs less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.desk.policy import (
    WITHOUT_POLICY,
    ApprovalPolicy,
    Facts,
    Rule,
    Stage,
    Tier,
    required,
    weaker,
)
from tests.gateway.desk.policies import one_seat, policies

PLAIN, SECOND, ALL = one_seat("director"), one_seat("station"), one_seat("approver")
TWO_OF_BOTH = one_seat("director", "secretary", persons=2)
POLICY = ApprovalPolicy(
    name="p",
    source="s",
    lapse_days=10,
    rules=(
        Rule(
            name="spending",
            matters=("ZC-*",),
            categories=("支出",),
            tiers=(
                Tier(from_fen=0, stages=(PLAIN,)),
                Tier(from_fen=100_000, stages=(PLAIN, SECOND)),
            ),
        ),
        Rule(name="later", matters=("ZC-9", "Z"), tiers=(Tier(from_fen=0, stages=(ALL,)),)),
    ),
    otherwise=(PLAIN, SECOND, ALL),
)
amounts = st.integers(0, 2 * 10**7)
matters = st.sampled_from(("A-1", "B-1", "C-1", "X-1"))


@pytest.mark.parametrize(
    ("facts", "spent_fen", "rule", "reason", "stages"),
    [
        (Facts(matter="ZC-1", amount_fen=99_999), 0, "spending", "tier", 1),
        (Facts(matter="ZC-1", amount_fen=100_000), 0, "spending", "tier", 2),
        (Facts(matter="ZC-1", amount_fen=60_000), 40_000, "spending", "raised", 2),
        (Facts(matter="ZC-1", amount_fen=60_000), 39_999, "spending", "tier", 1),
        (Facts(matter="ZC-9", amount_fen=1), 0, "spending", "tier", 1),
        (Facts(matter="Q", category="支出", amount_fen=1), 0, "spending", "tier", 1),
        (Facts(matter="ZC-1"), 0, "spending", "no-amount", 2),
        (Facts(matter="Z"), 0, "later", "tier", 1),
        (Facts(matter="ZC"), 0, "", "otherwise", 3),
        (Facts(matter="Q", amount_fen=1), 0, "", "otherwise", 3),
    ],
)
def test_first_rule_that_names_the_item_decides_and_its_tier(
    facts: Facts, spent_fen: int, rule: str, reason: str, stages: int
) -> None:
    found = required(POLICY, facts, spent_fen)

    assert (found.rule, found.reason, len(found.stages)) == (rule, reason, stages)


def test_seam_stamps_add_their_stages_after_the_rest_and_take_nothing_away() -> None:
    policy = structs.replace(POLICY, seams=(ALL,))

    for facts in (Facts(matter="ZC-1", amount_fen=1), Facts(matter="Q")):
        plain = required(policy, facts)
        with_seams = required(policy, structs.replace(facts, seams=True))

        assert not plain.seams and with_seams.seams
        assert with_seams.stages == (*plain.stages, ALL)
    assert required(POLICY, Facts(matter="Q", seams=True)) == required(POLICY, Facts(matter="Q"))


def test_without_a_policy_one_approver_is_enough() -> None:
    found = required(None, Facts(matter="ZC-1", amount_fen=10**9))

    assert found is WITHOUT_POLICY
    assert [seat.offices for stage in found.stages for seat in stage.approvals] == [("approver",)]


@given(policies(), matters, amounts, amounts, amounts)
def test_a_larger_amount_never_needs_less(
    policy: ApprovalPolicy, matter: str, amount: int, more: int, spent: int
) -> None:
    lower = required(policy, Facts(matter=matter, amount_fen=amount), spent)
    upper = required(policy, Facts(matter=matter, amount_fen=amount + more), spent)
    beside = required(policy, Facts(matter=matter, amount_fen=amount), spent + more)
    unstated = required(policy, Facts(matter=matter))

    for stricter in (upper, beside, unstated):
        assert not weaker(stricter.stages, lower.stages)


@given(policies(), matters, amounts)
def test_nothing_is_ever_free(policy: ApprovalPolicy, matter: str, amount: int) -> None:
    found = required(policy, Facts(matter=matter, amount_fen=amount))

    assert sum(seat.persons for stage in found.stages for seat in stage.approvals) >= 1


@pytest.mark.parametrize(
    ("stages", "than", "expected"),
    [
        ((one_seat("director"),), (one_seat("director"),), False),
        ((one_seat("director"),), (one_seat("director", "secretary"),), False),
        ((one_seat("director", "secretary"),), (one_seat("director"),), True),
        ((PLAIN, one_seat("secretary")), (TWO_OF_BOTH,), False),
        ((TWO_OF_BOTH,), (PLAIN, one_seat("secretary")), True),
        ((one_seat("director", persons=2),), (one_seat("director", persons=3),), True),
    ],
)  # fmt: skip
def test_weaker_compares_persons_by_office(
    stages: tuple[Stage, ...], than: tuple[Stage, ...], expected: bool
) -> None:
    assert weaker(stages, than) is expected
