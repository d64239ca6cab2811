"""Splittings: generated payments in parts beside honest traffic; how many are raised, of both.

A splitting cuts a payment that needs the higher tier into parts below it: to one payee, spelt
anew each time, over items of the rule, within the days of the policy. It counts as found only
where a part is raised because of another part of the same splitting. Honest payments go to the
same firms in the same villages and the same year; what of them is raised is a false alarm, which
costs the approvals of the next tier and nothing else. The seed makes every figure the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib import resources

from msgspec import Struct

from gateway.desk import policy_file
from gateway.desk.policy import ApprovalPolicy, Facts, required
from gateway.desk.policy_sums import DAY_MS, Asked, Sum, sum_beside

SEED = 20261122
SPLITTINGS, BESIDE, HONEST = 1000, 200, 2000
POLICY = policy_file.read(
    (resources.files("gateway.data") / "policies" / "money-tiers-a.toml").read_bytes()
)
TIER_FEN = 100_000  # the first bound of the rule that the payments fall under
VILLAGES = 10
FIRMS = [
    f"{city}{name}{trade}有限公司"
    for city in ("杭州", "萧山", "富阳")
    for name in ("宏达", "ABC", "永兴(2010)", "新华", "金石", "T&J")
    for trade in ("建材", "劳务", "农机")
]
PUNCTUATION = " 　.,，。-_·、()（）【】"
Spelling = Callable[[str, random.Random], str]


class Splittings(Struct, frozen=True, kw_only=True):
    """Shares of 1; `recall_beside` and `false_alarms_beside` with both kinds in one township."""

    policy: str
    seed: int
    splittings: int
    recall: float
    recall_one_letter_wrong: float
    splittings_beside: int
    recall_beside: float
    honest: int
    false_alarms: float
    false_alarms_beside: float

    @property
    def holds(self) -> bool:
        """Whether at least 95 of 100 splittings are found, alone and in traffic."""
        return min(self.recall, self.recall_beside) >= 0.95


def measure() -> Splittings:
    """Generate, judge and count."""
    dice = random.Random(SEED)
    payments = honest(dice)
    beside = [split(dice, variant, number) for number in range(BESIDE)]
    everything = by_village([*payments, *(part for parts in beside for part in parts)])
    return Splittings(
        policy=POLICY.name,
        seed=SEED,
        splittings=SPLITTINGS,
        recall=recall(variant),
        recall_one_letter_wrong=recall(typo),
        splittings_beside=BESIDE,
        recall_beside=sum(found(parts, everything) for parts in beside) / BESIDE,
        honest=HONEST,
        false_alarms=alarms(payments, by_village(payments)),
        false_alarms_beside=alarms(payments, everything),
    )


def recall(spell: Spelling) -> float:
    """Return the share of splittings that are found when nothing else is paid."""
    dice = random.Random(SEED)
    made = (split(dice, spell, number) for number in range(SPLITTINGS))
    return sum(found(parts, by_village(parts)) for parts in made) / SPLITTINGS


def found(parts: list[Asked], traffic: dict[str, list[Asked]]) -> bool:
    """Tell whether a part is raised and its sum names another part of the same splitting."""
    own = {one.request for one in parts}
    for one in parts:
        beside = sum_beside(POLICY, one, traffic[one.village])
        if raised(POLICY, one, beside) and not own.isdisjoint(beside.requests):
            return True
    return False


def alarms(payments: Iterable[Asked], traffic: dict[str, list[Asked]]) -> float:
    """Return the share of honest payments that are raised in this traffic."""
    judged = [
        raised(POLICY, one, sum_beside(POLICY, one, traffic[one.village])) for one in payments
    ]
    return sum(judged) / len(judged)


def raised(policy: ApprovalPolicy, one: Asked, beside: Sum) -> bool:
    """Tell whether a payment needs more because of what was asked for beside it."""
    return required(policy, one.facts, beside.amount_fen).reason == "raised"


def by_village(payments: Iterable[Asked]) -> dict[str, list[Asked]]:
    """Return payments by their village: sums never look into another one."""
    sorted_out: dict[str, list[Asked]] = defaultdict(list)
    for one in payments:
        sorted_out[one.village].append(one)
    return sorted_out


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


def split(dice: random.Random, spell: Spelling, number: int) -> list[Asked]:
    """Cut a payment that needs the higher tier into parts that each stay below it."""
    parts = dice.randint(2, 6)
    total = dice.randint(TIER_FEN, parts * (TIER_FEN - 1))
    amounts = _cut(total, parts, dice)
    firm, start = dice.choice(FIRMS), dice.randrange(300) * DAY_MS
    span = POLICY.splitting.days * DAY_MS if POLICY.splitting else 0
    return [
        Asked(
            request=f"s{number}-{n}",
            village=f"v{number % VILLAGES}",
            facts=Facts(matter=f"SC-{dice.randrange(3)}", amount_fen=amount),
            payee=spell(firm, dice),
            filed_ms=start + dice.randrange(span + 1),
        )
        for n, amount in enumerate(amounts)
    ]


def honest(dice: random.Random) -> list[Asked]:
    """Return a year of ten villages, each with 200 payments, half of them below 300 yuan."""
    return [
        Asked(
            request=f"h{n}",
            village=f"v{n % VILLAGES}",
            facts=Facts(
                matter=dice.choice(("SC-1", "SC-2", "FS-1")),
                amount_fen=min(10**7, int(dice.lognormvariate(10.3, 1.0))),
            ),
            payee=variant(dice.choice(FIRMS), dice),
            filed_ms=dice.randrange(365) * DAY_MS,
        )
        for n in range(HONEST)
    ]


def _cut(total: int, parts: int, dice: random.Random) -> list[int]:
    left, amounts = total, []
    for n in range(parts):
        rest = parts - n - 1
        least, most = max(1, left - rest * (TIER_FEN - 1)), min(TIER_FEN - 1, left - rest)
        amounts.append(dice.randint(least, most))
        left -= amounts[-1]
    return amounts
