"""Policy files: what is wrong is told with line, rule, expected, found, and who must act."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given

from gateway.desk import policy_file
from gateway.desk.policy import ApprovalPolicy
from gateway.desk.policy_table import PolicyFileError
from tests.gateway.desk.policies import policies, toml

GOOD = """name = "n"
source = "s"
lapse_days = 10

[[rules]]
name = "支出"
matters = ["ZC-*"]

[[rules.tiers]]
from_fen = 0
stages = [{ approvals = [{ offices = ["director"] }] }]

[[rules.tiers]]
from_fen = 100_000
stages = [{ approvals = [{ offices = ["director"] }, { offices = ["station"] }] }]

[[otherwise]]
approvals = [{ offices = ["director"] }, { offices = ["station"] }]
"""
EXAMPLES = sorted(
    one.name for one in (resources.files("gateway.data") / "policies").iterdir()
    if one.name.endswith(".toml")
)  # fmt: skip


@given(policies())
def test_a_file_says_what_was_written(policy: ApprovalPolicy) -> None:
    read = policy_file.read(toml(policy).encode())

    assert read == policy
    assert policy_file.decoded(policy_file.encoded(read)) == policy


def test_comments_and_spacing_do_not_change_the_hashed_bytes() -> None:
    changed = "# a comment\n" + GOOD.replace(" = ", "  =  ").replace("100_000", "100000")

    assert policy_file.encoded(policy_file.read(changed.encode())) == policy_file.encoded(
        policy_file.read(GOOD.encode())
    )


def test_seam_stamps_may_ask_for_more_and_a_policy_without_that_keeps_its_bytes() -> None:
    more = (
        GOOD + '\n[[seams]]\napprovals = [{ offices = ["supervisor"] }]\nevidence = ["contract"]\n'
    )

    policy, plain = policy_file.read(more.encode()), policy_file.read(GOOD.encode())

    assert policy.seams
    assert [seat.offices for seat in policy.seams[0].approvals] == [("supervisor",)]
    assert policy_file.decoded(policy_file.encoded(policy)) == policy
    assert b"seams" not in policy_file.encoded(plain)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_shipped_example_is_a_policy(name: str) -> None:
    file = (resources.files("gateway.data") / "policies" / name).read_bytes()

    assert policy_file.read(file).rules


def test_three_examples_are_shipped() -> None:
    assert EXAMPLES == ["money-tiers-a.toml", "money-tiers-b.toml", "seal-matters.toml"]


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "words"),
    [
        ('name = "n"', 'name = ""', 1, "", ("name", "空")),
        ("lapse_days = 10", "lapse_days = 0", 3, "", ("1 至 365", "0")),
        ("lapse_days = 10", "lapse_days = true", 3, "", ("1 至 365", "True")),
        ('source = "s"', 'source = "s"\ncolour = 1', 3, "", ("lapse_days", "colour")),
        ('matters = ["ZC-*"]', "matters = []", 5, "支出", ("categories",)),
        ("from_fen = 0", "from_fen = 1", 5, "支出", ("from_fen = 0", "1")),
        ("from_fen = 0", "from_fen = -1", 10, "支出", ("from_fen", "-1")),
        ("from_fen = 0", "from_fen = 1.5", 10, "支出", ("from_fen", "1.5")),
        ("from_fen = 100_000", "from_fen = 0", 13, "支出", ("大于上一档", "0")),
        ('{ offices = ["director"] }, { offices = ["station"] }] }]',
         '{ offices = ["station"] }] }]', 13, "支出", ("不减少",)),
        ('[{ offices = ["director"] }] }]', '[{ offices = ["keeper"] }] }]', 11, "支出",
         ("approver", "keeper")),
        ('{ offices = ["director"] }] }]', "{ offices = [] }] }]", 11, "支出", ("offices",)),
        (', { offices = ["station"] }]\n', "]\n", 17, "",
         ("otherwise 不低于规则“支出”自 100000 分起",)),
        ('"station"] }]\n', '"station"] }]\nevidence = ["a dream"]\n', 19, "",
         ("contract", "a dream")),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_by_line_and_rule_in_both_languages(
    old: str, new: str, line: int, rule: str, words: tuple[str, ...]
) -> None:
    assert old in GOOD

    with pytest.raises(PolicyFileError) as caught:
        policy_file.read(GOOD.replace(old, new, 1).encode())

    (problem,) = caught.value.problems
    assert (problem.line, problem.rule) == (line, rule)
    assert all(word in problem.zh for word in words)
    assert (
        problem.zh.startswith(f"第 {line} 行") and "应为" in problem.zh and "起草人" in problem.zh
    )
    assert problem.en.startswith(f"line {line},") and "expected" in problem.en
    assert "drafter" in problem.en


@pytest.mark.parametrize(
    ("file", "line"),
    [(b"name = 'a'\nrules =", 2), (b"\xff\xfe", 1), (b"#" * 200_001, 1), (b"a = 1\na = 2\n", 2)],
)
def test_what_is_no_file_of_ours_is_told_too(file: bytes, line: int) -> None:
    with pytest.raises(PolicyFileError) as caught:
        policy_file.read(file)

    assert caught.value.problems[0].line == line


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(PolicyFileError) as caught:
        policy_file.read(b'name = ""\nsource = 3\nlapse_days = 9999\n')

    assert {1, 2, 3} <= {one.line for one in caught.value.problems}
