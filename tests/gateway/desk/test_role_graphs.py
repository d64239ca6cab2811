"""Generated role graphs: whatever offices people hold, nobody approves what concerns them.

Persons hold several accounts and offices, keep seals, file, apply and stand in for each other;
then every account tries to approve, in any order. The seeds make each graph the same every time.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from gateway.commands import Decide, Delegate, Document
from gateway.desk.policy import APPROVING, EVIDENCE
from gateway.errors import GatewayError
from ledger.records import Approval, Permit

Town = Any
GRAPHS = 60
PERSONS, ACCOUNTS, TRIES = 5, 9, 40
DAY_MS = 24 * 3600 * 1000
EVERYTHING = tuple(Document(kind=kind, number="1") for kind in EVIDENCE)
OFFICES = (*APPROVING, "clerk", "keeper", "auditor")


def people(town: Town, dice: random.Random) -> dict[str, str]:
    """Add accounts with offices at random; return whose each is."""
    persons = {}
    for n in range(ACCOUNTS):
        persons[f"a{n}"] = f"p{dice.randrange(PERSONS)}"
        offices = dice.sample(OFFICES, dice.randint(1, 3))
        keeps = ("committee",) if dice.random() < 0.1 else ()
        town.account(f"a{n}", *offices, person=persons[f"a{n}"], keeps=keeps)
    return persons


def substitutes(town: Town, dice: random.Random) -> None:
    """Let people stand in for each other where that is allowed."""
    for _ in range(6):
        absent, other = dice.sample(range(ACCOUNTS), 2)
        command = Delegate(
            by=f"a{absent}",
            substitute=f"a{other}",
            offices=(dice.choice(APPROVING),),
            from_ms=town.now_ms,
            until_ms=town.now_ms + DAY_MS,
        )
        attempt(town, command)


def attempt(town: Town, command: Any) -> None:
    with contextlib.suppress(GatewayError):
        town.order(command)


@pytest.fixture
def drawn_policy(release_policy: Callable[..., int]) -> Callable[[Town, random.Random], None]:
    """Return what puts a policy drawn from the dice in force."""

    def enact(town: Town, dice: random.Random) -> None:
        seats = [
            f"{{ offices = {dice.sample(APPROVING, dice.randint(1, 3))} }}"
            for _ in range(dice.randint(1, 3))
        ]
        cut = dice.randint(0, len(seats) - 1)
        parts = [part for part in (seats[:cut], seats[cut:]) if part]
        stages = "".join(f"[[otherwise]]\napprovals = [{', '.join(part)}]\n" for part in parts)
        days = dice.randint(1, 300)
        text = f'name = "n"\nsource = "s"\nlapse_days = {days}\n{stages}'
        release_policy(town, text)

    return enact


@pytest.mark.slow
def test_generated_role_graphs_hold_no_self_approval(
    ruled: Town, drawn_policy: Callable[[Town, random.Random], None]
) -> None:
    issued = 0
    town = ruled
    for seed in range(GRAPHS):
        dice = random.Random(seed)
        drawn_policy(town, dice)
        persons = people(town, dice)
        substitutes(town, dice)
        filer, applicant = (f"a{dice.randrange(ACCOUNTS)}" for _ in range(2))
        one = town.file(filed_by=filer, applicant_account=applicant)
        town.submit(one)
        for _ in range(TRIES):
            by = f"a{dice.randrange(ACCOUNTS)}"
            attempt(
                town,
                Decide(by=by, request=one.sha256, decision="approve", note="",
                       documents=EVERYTHING),
            )  # fmt: skip
        issued += check(town, one.sha256, persons, {persons[filer], persons[applicant]})
    assert issued >= GRAPHS // 5, "most graphs must not end in nothing, or this proves too little"


def check(town: Town, request: str, persons: dict[str, str], asking: set[str]) -> int:
    """Assert what must hold of one request's approvals; return whether a permit was issued."""
    with town.store.reader() as reader:
        accounts = reader.accounts()
        keeping = {one.person for one in accounts if one.keeps} | {"keeper-1"}
        view = reader.request(request)
    said = [one.body for one in town.entries() if isinstance(one.body, Approval)]
    approvers = [persons[one.approver] for one in said if one.request == request]
    assert len(approvers) == len(set(approvers)), "a person counted twice"
    assert not set(approvers) & (asking | keeping), "somebody approved what concerns them"
    for one in said:
        if one.request == request and one.delegation is not None:
            with town.store.reader() as reader:
                given = reader.delegation(one.delegation)
            assert persons[given.absent] not in asking | keeping
    permits = [one.body for one in town.entries() if isinstance(one.body, Permit)]
    return sum(one.request == view.request for one in permits)
