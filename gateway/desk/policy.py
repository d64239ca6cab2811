"""Approval policy: how many persons of which offices must agree, and with which evidence. Pure.

A policy is data (`gateway.desk.policy_file` reads it). The first rule that names a request's
item decides, and within the rule the tier of its amount; what no rule names needs what
`otherwise` says, which asks for no less than any rule. More money never needs less: a policy in
which it would cannot be made (`weaker`). Money is in fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, structs

from gateway.desk.matching import matched

APPROVING = ("approver", "secretary", "director", "supervisor", "station")
"""Offices that may stand in a policy; never those that keep a seal or work a machine."""
EVIDENCE = (
    "minutes-of-villagers-meeting",
    "minutes-of-representatives-meeting",
    "minutes-of-two-committees",
    "contract",
    "invoice",
    "legal-opinion",
)


class Seat(Struct, frozen=True, kw_only=True):
    """So many different persons, each of whom holds one of these offices."""

    offices: tuple[str, ...]
    persons: int = 1


class Stage(Struct, frozen=True, kw_only=True):
    """Seats that are filled in any order, once the stage before is full.

    Args:
        evidence: kinds that must be named before the first approval of this stage.
    """

    approvals: tuple[Seat, ...]
    evidence: tuple[str, ...] = ()


class Tier(Struct, frozen=True, kw_only=True):
    """What amounts from `from_fen` on need, up to the next tier of the rule."""

    from_fen: int
    stages: tuple[Stage, ...]


class Rule(Struct, frozen=True, kw_only=True):
    """Items by code (`ZC-01`, or `ZC-*` for all that begin so) or by category, and their tiers.

    With `confirm` an approver releases each impression, looking at the live photo.
    """

    name: str
    matters: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tiers: tuple[Tier, ...]
    confirm: Literal["each-impression"] | UnsetType = UNSET


class Splitting(Struct, frozen=True, kw_only=True):
    """Amounts to one payee in one village within so many days are added up.

    Args:
        across: `matter` adds up one item's amounts, `rule` those of all items of its rule.
    """

    days: int
    across: Literal["matter", "rule"] = "rule"


class ApprovalPolicy(Struct, frozen=True, kw_only=True):
    """A township's policy.

    Args:
        source: the published rule that it follows.
        lapse_days: a request that waits for longer lapses.
        otherwise: what an item needs that no rule names.
        seams: what a request with seam stamps needs besides, after all the rest.
    """

    name: str
    source: str
    lapse_days: int
    rules: tuple[Rule, ...]
    otherwise: tuple[Stage, ...]
    splitting: Splitting | None = None
    seams: tuple[Stage, ...] | UnsetType = UNSET


class Facts(Struct, frozen=True, kw_only=True):
    """What a policy looks at in a request; `amount_fen` None: none was stated.

    `seams`: it asks for seam stamps.
    """

    matter: str
    category: str = ""
    amount_fen: int | None = None
    seams: bool = False


class Required(Struct, frozen=True, kw_only=True):
    """What a request needs, and why.

    Args:
        rule: name of the rule that decided; "" for `otherwise`.
        reason: `tier`, `raised` (by what was asked for before), `no-amount` (a rule with several
            tiers and no amount stated: its highest), `otherwise` or `no-policy`.
        total_fen: the amount by which the tier was chosen, with what was added up.
        confirm: an approver releases each impression.
        seams: the last stages are there for its seam stamps.
    """

    stages: tuple[Stage, ...]
    rule: str
    reason: Literal["tier", "raised", "no-amount", "otherwise", "no-policy"]
    from_fen: int = 0
    total_fen: int | None = None
    confirm: bool = False
    seams: bool = False


WITHOUT_POLICY = Required(
    stages=(Stage(approvals=(Seat(offices=("approver",)),)),), rule="", reason="no-policy"
)
"""What a township without a policy of its own asks for: one approval by an `approver`."""


def required(policy: ApprovalPolicy | None, facts: Facts, spent_fen: int = 0) -> Required:
    """Return what a request needs.

    Args:
        spent_fen: what was asked for besides, as `gateway.desk.policy_sums` adds it up.
    """
    if policy is None:
        return WITHOUT_POLICY
    found = _without_seams(policy, facts, spent_fen)
    if not facts.seams or not policy.seams:
        return found
    return structs.replace(found, stages=(*found.stages, *policy.seams), seams=True)


def rule_of(policy: ApprovalPolicy, facts: Facts) -> Rule | None:
    """Return the first rule that names an item by its code or its category."""
    return next((one for one in policy.rules if _names(one, facts)), None)


def weaker(stages: Iterable[Stage], than: Iterable[Stage]) -> bool:
    """Return whether some approvals that are enough for `stages` are not enough for `than`.

    Persons and evidence are compared, not the order in which they come.
    """
    more, less = tuple(stages), tuple(than)
    wanted = [set(seat.offices) for seat in slots(less)]
    given = [set(seat.offices) for seat in slots(more)]
    fits = matched(len(wanted), len(given), lambda want, have: given[have] <= wanted[want])
    return len(fits) < len(wanted) or not evidence_of(less) <= evidence_of(more)


def slots(stages: Iterable[Stage]) -> tuple[Seat, ...]:
    """Return one seat for each person that the stages ask for, in order."""
    return tuple(
        Seat(offices=seat.offices)
        for stage in stages
        for seat in stage.approvals
        for _ in range(seat.persons)
    )


def evidence_of(stages: Iterable[Stage]) -> frozenset[str]:
    """Return every kind of evidence that the stages ask for."""
    return frozenset(kind for stage in stages for kind in stage.evidence)


def _without_seams(policy: ApprovalPolicy, facts: Facts, spent_fen: int) -> Required:
    rule = rule_of(policy, facts)
    if rule is None:
        confirm = any(one.confirm for one in policy.rules)  # it asks for no less than any rule
        return Required(stages=policy.otherwise, rule="", reason="otherwise", confirm=confirm)
    if facts.amount_fen is None:
        highest = rule.tiers[-1]
        reason: Literal["no-amount", "tier"] = "no-amount" if len(rule.tiers) > 1 else "tier"
        return Required(
            stages=highest.stages,
            rule=rule.name,
            reason=reason,
            from_fen=highest.from_fen,
            confirm=bool(rule.confirm),
        )
    total_fen = facts.amount_fen + spent_fen
    alone, chosen = _tier(rule, facts.amount_fen), _tier(rule, total_fen)
    return Required(
        stages=chosen.stages,
        rule=rule.name,
        reason="tier" if alone is chosen else "raised",
        from_fen=chosen.from_fen,
        total_fen=total_fen,
        confirm=bool(rule.confirm),
    )


def _tier(rule: Rule, amount_fen: int) -> Tier:
    return [one for one in rule.tiers if one.from_fen <= amount_fen][-1]


def _names(rule: Rule, facts: Facts) -> bool:
    if facts.category and facts.category in rule.categories:
        return True
    return any(
        facts.matter.startswith(code[:-1]) if code.endswith("*") else facts.matter == code
        for code in rule.matters
    )
