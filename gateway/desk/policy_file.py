"""Policy files: TOML that people write, read into an `ApprovalPolicy` and checked. Pure.

Whatever is wrong is told with its line and rule, what was expected and what was found, in
Chinese and English, all at once; the drafter corrects it. What is hashed and kept is the
policy's canonical JSON (`encoded`), so that comments and spacing change nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from msgspec import UNSET

from gateway.desk.policy import (
    APPROVING,
    EVIDENCE,
    ApprovalPolicy,
    Rule,
    Seat,
    Splitting,
    Stage,
    Tier,
    weaker,
)
from gateway.desk.policy_table import PolicyFileError, PolicyProblem, Table
from ledger import canonical

LARGEST_FILE = 200_000  # bytes
MOST_FEN = 10**13  # a hundred billion yuan
_LINE = re.compile(r"line (\d+)")


def read(file: bytes) -> ApprovalPolicy:
    """Return the policy that a file says.

    Raises:
        PolicyFileError: every problem that was found, in order of lines.
    """
    try:
        if len(file) > LARGEST_FILE:
            raise _whole(
                f"文件不超过 {LARGEST_FILE} 字节", f"at most {LARGEST_FILE} bytes", len(file)
            )
        text = file.decode("utf-8")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _whole("UTF-8 文本", "UTF-8 text", str(error)) from error
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line = int(place[1]) if place else len(file.splitlines()) or 1
        raise _whole("TOML 格式", "TOML", str(error), line) from error
    table = Table.top(data, text)
    policy = _policy(table)
    if policy is not None:
        _check_order(table, policy)
    if table.problems or policy is None:
        raise PolicyFileError(tuple(sorted(table.problems, key=lambda one: one.line)))
    return policy


def encoded(policy: ApprovalPolicy) -> bytes:
    """Return the canonical JSON of a policy: what its hash names."""
    return canonical.encode(msgspec.to_builtins(policy))


def decoded(data: bytes) -> ApprovalPolicy:
    """Return a policy from its own canonical JSON."""
    return msgspec.json.decode(data, type=ApprovalPolicy)


def _policy(table: Table) -> ApprovalPolicy | None:
    table.only("name", "source", "lapse_days", "splitting", "rules", "otherwise", "seams")
    name, source = table.text("name"), table.text("source")
    lapse_days = table.whole("lapse_days", 1, 365)
    rules = tuple(_rule(one) for one in table.tables("rules", least=0))
    otherwise = _stages(table, "otherwise")
    seams = tuple(_stage(one) for one in table.tables("seams", least=0))
    found = table.table("splitting")
    splitting = None if found is None else _splitting(found)
    if table.problems:
        return None
    return ApprovalPolicy(
        name=name,
        source=source,
        lapse_days=lapse_days,
        rules=rules,
        otherwise=otherwise,
        splitting=splitting,
        seams=seams or UNSET,
    )


def _splitting(table: Table) -> Splitting:
    table.only("days", "across")
    across = table.text("across", "rule", among=("rule", "matter"))
    return Splitting(
        days=table.whole("days", 1, 366), across="matter" if across == "matter" else "rule"
    )


def _rule(table: Table) -> Rule:
    table.only("name", "matters", "categories", "tiers", "confirm")
    confirm = table.text("confirm", "never", among=("never", "each-impression"))
    rule = Rule(
        name=table.text("name"),
        matters=table.words("matters", least=0),
        categories=table.words("categories", least=0),
        tiers=tuple(_tier(one) for one in table.tables("tiers")),
        confirm="each-impression" if confirm == "each-impression" else UNSET,
    )
    if not rule.matters and not rule.categories:
        table.wrong("matters 或 categories 至少写一项", "an item in matters or categories", "—")
    if rule.tiers and rule.tiers[0].from_fen != 0:
        table.wrong("第一档 from_fen = 0", "from_fen = 0 in the first tier", rule.tiers[0].from_fen)
    return rule


def _tier(table: Table) -> Tier:
    table.only("from_fen", "stages")
    return Tier(from_fen=table.whole("from_fen", 0, MOST_FEN), stages=_stages(table, "stages"))


def _stages(table: Table, key: str) -> tuple[Stage, ...]:
    return tuple(_stage(one) for one in table.tables(key))


def _stage(table: Table) -> Stage:
    table.only("approvals", "evidence")
    return Stage(
        approvals=tuple(_seat(one) for one in table.tables("approvals")),
        evidence=table.words("evidence", least=0, among=EVIDENCE),
    )


def _seat(table: Table) -> Seat:
    table.only("offices", "persons")
    return Seat(
        offices=table.words("offices", least=1, among=APPROVING),
        persons=table.whole("persons", 1, 9, default=1),
    )


def _check_order(table: Table, policy: ApprovalPolicy) -> None:
    """Note where more money needs less, and where `otherwise` asks for less than a rule."""
    names = [one.name for one in policy.rules]
    for rule, where in zip(policy.rules, table.tables("rules", least=0), strict=True):
        if names.count(rule.name) > 1:
            where.wrong("规则名称各不相同", "a name of its own for each rule", rule.name)
        _check_tiers(where.tables("tiers"), rule.tiers)
        for tier in rule.tiers:
            if weaker(policy.otherwise, tier.stages):
                table.wrong(
                    f"otherwise 不低于规则“{rule.name}”自 {tier.from_fen} 分起的要求",
                    f"otherwise no weaker than rule {rule.name!r} from {tier.from_fen} fen on",
                    "更少的人或材料 / fewer persons or less evidence",
                    at="otherwise",
                )


def _check_tiers(places: Sequence[Table], tiers: Sequence[Tier]) -> None:
    for (lower, upper), where in zip(pairwise(tiers), places[1:], strict=True):
        if upper.from_fen <= lower.from_fen:
            where.wrong(
                f"from_fen 大于上一档的 {lower.from_fen}",
                f"from_fen above the {lower.from_fen} of the tier before",
                upper.from_fen,
            )
        if weaker(upper.stages, lower.stages):
            where.wrong(
                "金额更大时人和材料不减少",
                "no fewer persons and no less evidence for a larger amount",
                "比上一档要求低 / less than the tier before",
            )


def _whole(zh: str, en: str, found: object, line: int = 1) -> PolicyFileError:
    return PolicyFileError((PolicyProblem.of(line, "", zh, en, found),))
