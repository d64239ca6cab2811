"""Policies for tests: generated ones that hold, and small ones by hand."""

from __future__ import annotations

from hypothesis import strategies as st

from gateway.desk.policy import (
    APPROVING,
    EVIDENCE,
    ApprovalPolicy,
    Rule,
    Seat,
    Splitting,
    Stage,
    Tier,
)

offices = st.lists(st.sampled_from(APPROVING), min_size=1, max_size=3, unique=True).map(tuple)
seats = st.builds(Seat, offices=offices, persons=st.integers(1, 3))
kinds = st.lists(st.sampled_from(EVIDENCE), max_size=2, unique=True).map(tuple)
stages = st.builds(
    Stage, approvals=st.lists(seats, min_size=1, max_size=2).map(tuple), evidence=kinds
)


@st.composite
def policies(draw: st.DrawFn) -> ApprovalPolicy:
    """Draw a policy that a file may say: each tier adds to the one before, `otherwise` has all."""
    rules, everything = [], ()
    for name in draw(st.lists(st.sampled_from("ABC"), max_size=3, unique=True)):
        bounds = [0, *sorted(draw(st.sets(st.integers(1, 10**7), max_size=3)))]
        tiers, built = [], draw(st.lists(stages, min_size=1, max_size=2).map(tuple))
        for bound in bounds:
            tiers.append(Tier(from_fen=bound, stages=built))
            built += draw(st.lists(stages, max_size=1).map(tuple))
        rules.append(Rule(name=name, matters=(f"{name}-*",), tiers=tuple(tiers)))
        everything += tiers[-1].stages
    return ApprovalPolicy(
        name="p",
        source="s",
        lapse_days=10,
        rules=tuple(rules),
        otherwise=everything or (Stage(approvals=(Seat(offices=("approver",)),)),),
        splitting=draw(st.none() | st.builds(Splitting, days=st.integers(1, 60))),
    )


def one_seat(*names: str, persons: int = 1) -> Stage:
    """A stage with one seat for these offices."""
    return Stage(approvals=(Seat(offices=names, persons=persons),))


def toml(policy: ApprovalPolicy) -> str:
    """Write a policy as a person would, for the reader of files."""

    def stage(one: Stage) -> str:
        approvals = ", ".join(
            f"{{ offices = {list(seat.offices)}, persons = {seat.persons} }}"
            for seat in one.approvals
        )
        return f"approvals = [{approvals}], evidence = {list(one.evidence)}"

    lines = [
        f'name = "{policy.name}"',
        f'source = "{policy.source}"',
        f"lapse_days = {policy.lapse_days}",
    ]
    if policy.splitting is not None:
        split = policy.splitting
        lines += ["[splitting]", f"days = {split.days}", f'across = "{split.across}"']
    for rule in policy.rules:
        lines += ["[[rules]]", f'name = "{rule.name}"', f"matters = {list(rule.matters)}"]
        for tier in rule.tiers:
            inner = ", ".join(f"{{ {stage(one)} }}" for one in tier.stages)
            lines += ["[[rules.tiers]]", f"from_fen = {tier.from_fen}", f"stages = [{inner}]"]
    for one in policy.otherwise:
        lines += ["[[otherwise]]", *stage(one).replace("], evidence", "]\nevidence").split("\n")]
    return "\n".join(lines) + "\n"
