"""A sample of `./seal bench soak --kills`, and one township that must not pass it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.kills import parties, run
from bench.kills.look import Looker
from bench.kills.parties import Parties
from bench.kills.run import Campaign

pytestmark = pytest.mark.slow

SEED = 20_262
KILLS = 8  # the full campaign makes a thousand
SETTLE_S = 4.0  # what is broken stays so: no need to wait for it as long as for what heals


def test_random_kills_lose_nothing_and_fork_nothing(tmp_path: Path) -> None:
    told: list[str] = []

    found = run.run(KILLS, SEED, tmp_path / "campaign", told.append)

    assert found.breaches == (), f"seed {SEED}"
    assert found.kills >= KILLS
    assert len(found.kinds) >= 5, "this seed kills too few kinds"
    assert found.whole_looks == 1
    assert found.entries > 10 * KILLS


def test_a_store_that_was_put_back_is_found_although_its_gateway_cannot_know(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path / "campaign", SEED, lambda _line: None)
    town, yesterday = campaign.town, tmp_path / "yesterday"
    try:
        town.start()
        before = campaign.looker.look()
        _stop_those_who_remember(town)
        _copy(town, yesterday)
        town.start()
        before += campaign.looker.look()
        _stop_those_who_remember(town)
        _put_back(town, yesterday)
        town.start()

        looker = Looker(town.plan, town.seen, lambda: None, SETTLE_S)
        looker.look()
        after = looker.look()  # judges also what came while the first one waited
    finally:
        town.stop()

    assert before == []
    said = "\n".join(after)
    for message in (
        "I4 no acknowledged entry lost: acknowledgement of machine-1: expected",
        "I11 no fork: what is published of",
        "I11 no fork: head of",
        "I15 liveness: what was written before the look",
        "log_rewritten",
    ):
        assert message in said, said


def _stop_those_who_remember(town: Parties) -> None:
    town.gateway.kill()
    town.witness.kill()


def _copy(town: Parties, target: Path) -> None:
    shutil.copytree(
        _state(town), target / "state", ignore=shutil.ignore_patterns("broker", "*.sock")
    )
    shutil.copytree(parties.public(town.plan), target / "public")
    shutil.copytree(_memory(town), target / "witness")


def _put_back(town: Parties, source: Path) -> None:
    """Store, public files and the witness's memory: nobody is left who could warn the gateway."""
    for path in _state(town).glob("gateway.sqlite*"):
        path.unlink()
    shutil.copytree(source / "state", _state(town), dirs_exist_ok=True)
    for target, name in ((parties.public(town.plan), "public"), (_memory(town), "witness")):
        shutil.rmtree(target)
        shutil.copytree(source / name, target)


def _state(town: Parties) -> Path:
    return town.plan.gateway_folder / "state"


def _memory(town: Parties) -> Path:
    return town.plan.folder / "witness" / "state"
