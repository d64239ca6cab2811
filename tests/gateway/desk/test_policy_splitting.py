"""Splitting: generated payments in parts are raised; how many honest ones are is counted, too.

The figures stand in docs/decisions/0040-approval-policy.md; the seed makes them the same each time.
"""

from __future__ import annotations

import random
from importlib import resources

import pytest

from gateway.desk import policy_file
from gateway.desk.policy import ApprovalPolicy, Facts, required
from gateway.desk.policy_sums import DAY_MS, Asked, payee_key, sum_beside

SEED = 20261122
SPLITTINGS, HONEST = 1000, 2000
POLICY = policy_file.read(
    (resources.files("gateway.data") / "policies" / "money-tiers-a.toml").read_bytes()
)
TIER_FEN = 100_000  # the first bound of the rule that the payments fall under
FIRMS = [
    f"{city}{name}{trade}有限公司"
    for city in ("杭州", "萧山", "富阳")
    for name in ("宏达", "ABC", "永兴(2010)", "新华", "金石", "T&J")
    for trade in ("建材", "劳务", "农机")
]
PUNCTUATION = " 　.,，。-_·、()（）【】"


def variant(name: str, dice: random.Random) -> str:
    """Write a payee as another clerk might: wide letters, spaces, brackets, dots."""
    letters = [chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and dice.random() < 0.5 else c for c in name]
    for _ in range(dice.randrange(3)):
        letters.insert(dice.randrange(len(letters) + 1), dice.choice(PUNCTUATION))
    return "".join(letters).swapcase() if dice.random() < 0.3 else "".join(letters)


def typo(name: str, dice: random.Random) -> str:
    """Write a payee with one letter wrong or left out: no rule of spelling finds that."""
    at = dice.randrange(2, len(name) - 4)
    return name[:at] + dice.choice(("", "某")) + name[at + 1 :]


def split(dice: random.Random, spell: object, number: int) -> list[Asked]:
    """Cut a payment that needs the higher tier into parts that each stay below it."""
    parts = dice.randint(2, 6)
    total = dice.randint(TIER_FEN, parts * (TIER_FEN - 1))
    amounts = cut(total, parts, dice)
    firm, start = dice.choice(FIRMS), dice.randrange(300) * DAY_MS
    span = POLICY.splitting.days * DAY_MS if POLICY.splitting else 0
    return [
        Asked(
            request=f"s{number}-{n}",
            village="v",
            facts=Facts(matter=f"SC-{dice.randrange(3)}", amount_fen=amount),
            payee=spell(firm, dice),  # type: ignore[operator]
            filed_ms=start + dice.randrange(span + 1),
        )
        for n, amount in enumerate(amounts)
    ]


def cut(total: int, parts: int, dice: random.Random) -> list[int]:
    """Cut a total into amounts below the tier."""
    left, amounts = total, []
    for n in range(parts):
        rest = parts - n - 1
        least, most = max(1, left - rest * (TIER_FEN - 1)), min(TIER_FEN - 1, left - rest)
        amounts.append(dice.randint(least, most))
        left -= amounts[-1]
    return amounts


def raised(policy: ApprovalPolicy, one: Asked, others: list[Asked]) -> bool:
    beside = sum_beside(policy, one, others)
    return required(policy, one.facts, beside.amount_fen).reason == "raised"


def recall(spell: object) -> float:
    dice = random.Random(SEED)
    found = 0
    for number in range(SPLITTINGS):
        parts = split(dice, spell, number)
        found += any(raised(POLICY, one, parts) for one in parts)
    return found / SPLITTINGS


def test_at_least_95_of_100_generated_splittings_are_raised() -> None:
    assert recall(variant) >= 0.95


def test_a_misspelt_payee_is_found_less_often_and_that_is_known() -> None:
    """Normalising finds spelling, not typing errors: the figure is published, not hidden."""
    assert 0.05 < recall(typo) < 0.95


def test_parts_that_wait_together_are_all_raised() -> None:
    dice = random.Random(SEED)
    for number in range(200):
        parts = split(dice, lambda name, _: name, number)
        assert all(raised(POLICY, one, parts) for one in parts)


def test_what_share_of_honest_payments_is_raised_stays_as_published() -> None:
    """A year of ten villages, each with 200 payments (half below 300 yuan) to 54 firms at random.

    To be raised costs an honest payment the approvals of the next tier, no more.
    """
    dice = random.Random(SEED)
    payments = [
        Asked(
            request=f"h{n}",
            village=f"v{n % 10}",
            facts=Facts(
                matter=dice.choice(("SC-1", "SC-2", "FS-1")),
                amount_fen=min(10**7, int(dice.lognormvariate(10.3, 1.0))),
            ),
            payee=variant(dice.choice(FIRMS), dice),
            filed_ms=dice.randrange(365) * DAY_MS,
        )
        for n in range(HONEST)
    ]

    alarms = sum(raised(POLICY, one, payments) for one in payments)

    assert 0.05 < alarms / HONEST < 0.12


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
