"""Generated role graphs: whatever offices people hold, nobody approves what concerns them.

Persons hold several accounts and any offices that there are, in two villages, keep seals, file,
apply and stand in for each other, under policies with stages; then every account tries to approve,
in any order. The seeds make each graph the same every time; the figures stand in docs/policy.md.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct

from gateway.commands import Decide, Delegate, Document
from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES
from gateway.desk.policy import APPROVING, EVIDENCE
from gateway.errors import GatewayError
from gateway.stores.views import VillageView
from ledger.records import Approval, Permit

Town = Any
GRAPHS = 60
PERSONS, ACCOUNTS, TRIES = 5, 9, 40
DAY_MS = 24 * 3600 * 1000
EVERYTHING = tuple(Document(kind=kind, number="1") for kind in EVIDENCE)
HERE, ELSEWHERE = "330109110201", "330109110202"  # the machine stands in the first


class Graph(Struct, frozen=True):
    """Whose each account is, which offices it holds where, and who keeps seals there by office."""

    persons: dict[str, str]
    offices: dict[str, tuple[str, ...]]
    villages: dict[str, str]
    keepers: frozenset[str]


def people(town: Town, dice: random.Random) -> Graph:
    """Add accounts with offices at random; every person has one account, some have more."""
    persons, offices, villages, keepers = {}, {}, {}, set()
    for n in range(ACCOUNTS):
        name = f"a{n}"
        persons[name] = f"p{n if n < PERSONS else dice.randrange(PERSONS)}"
        offices[name] = tuple(dice.sample(OFFICES, dice.choice((1, 1, 2, 2, 3))))
        villages[name] = HERE if dice.random() < 0.8 else ELSEWHERE
        keeps = ("committee",) if dice.random() < 0.1 else ()
        town.account(
            name, *offices[name], person=persons[name], keeps=keeps, village=villages[name]
        )
        if keeps or ("keeper" in offices[name] and villages[name] == HERE):
            keepers.add(persons[name])
    return Graph(persons, offices, villages, frozenset(keepers))


def add_village(town: Town) -> None:
    """Let the township have a second village, without a machine."""
    with town.store.transaction() as transaction:
        here = transaction.villages()
        there = VillageView(village=ELSEWHERE, name="乙村", places=here[0].places, machines=())
        transaction.set_directory((*here, there), transaction.machines())


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
    issued = agreed = several = 0
    town = ruled
    add_village(town)
    for seed in range(GRAPHS):
        dice = random.Random(seed)
        drawn_policy(town, dice)
        graph = people(town, dice)
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
        permits, approvals = check(town, one.sha256, graph, filer, applicant)
        issued, agreed = issued + permits, agreed + approvals
        several += sum(len(held) > 1 for held in graph.offices.values())
    print(f"{GRAPHS} graphs, {GRAPHS * TRIES} tries, {agreed} approvals, {issued} permits, "
          f"{several} accounts of several offices")  # fmt: skip
    assert issued >= GRAPHS // 5, "most graphs must not end in nothing, or this proves too little"


def check(town: Town, request: str, graph: Graph, filer: str, applicant: str) -> tuple[int, int]:
    """Assert what must hold of one request's approvals; return its permits and approvals."""
    persons = graph.persons
    barred = {persons[filer], persons[applicant], "keeper-1"} | graph.keepers
    with town.store.reader() as reader:
        view = reader.request(request)
    said = [
        one.body
        for one in town.entries()
        if isinstance(one.body, Approval) and one.body.request == request
    ]
    approvers = [persons[one.approver] for one in said]
    assert len(approvers) == len(set(approvers)), "a person counted twice"
    assert not set(approvers) & barred, "somebody approved what concerns them"
    for one in said:
        holder = one.approver
        if one.delegation is not None:
            with town.store.reader() as reader:
                holder = reader.delegation(one.delegation).absent
            assert persons[holder] not in barred
        assert one.office in graph.offices[holder], "approved in an office that is not held"
        assert one.office not in VILLAGE_OFFICES or graph.villages[holder] == HERE
    permits = [one.body for one in town.entries() if isinstance(one.body, Permit)]
    return sum(one.request == view.request for one in permits), len(said)
