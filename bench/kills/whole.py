"""The whole look: everything is delivered, exported, and verified with public keys alone.

It takes long, so it comes every so many kills: the stand-alone verifier over the public files,
the same over files in which one bit of one entry was turned, and the judge over every machine.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.campaign import gathering
from bench.kills import parties
from bench.kills.parties import Parties
from ledger.tiles import WIDTH, Tile, decode_bundle
from sim.judge import judging
from sim.township_plan import Plan

FINDINGS = 4
LENGTH_BYTES = 2  # before each entry of a bundle (c2sp.org/tlog-tiles)
ROOT = Path(__file__).resolve().parents[2]


def look(town: Parties, folder: Path, chance: random.Random) -> list[str]:
    """Return a line for each breach; the machines have ended by then.

    Args:
        folder: for what is exported; emptied first.

    Raises:
        ProgramError: a machine could not deliver what it had written (I15).
    """
    town.drain()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return [
        *_verified(town.plan, parties.public(town.plan), expected=0),
        *_bit_found(town.plan, folder / "turned", chance),
        *_judged(town, folder),
    ]


def _judged(town: Parties, folder: Path) -> Iterator[str]:
    plan = town.plan
    for village in plan.villages:
        gathering.export_machine(plan, village, folder / village.machine)
    gathering.export_township(plan, town.seen, folder)
    for village in plan.villages:
        found = gathering.read(village, None, folder / village.machine, folder, settled=True)
        for line in judging.broken(judging.judge(found)):
            yield f"{village.machine}: {line}"


def _verified(plan: Plan, public: Path, *, expected: int) -> list[str]:
    """Run seal-verify with the trusted folder; return what it said if it did not end as expected.

    A finding means I10 where nothing was touched; none means I10 where something was.
    """
    words = ["log", str(public), "--keys", str(plan.trusted), "--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ledger", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    if done.returncode == expected:
        return []
    said = " ".join((done.stdout + done.stderr).split())
    return [f"I10 tamper evident: {public}: expected exit {expected}, found {said}"]


def _bit_found(plan: Plan, copy: Path, chance: random.Random) -> list[str]:
    """Turn one bit of one published entry in a copy of the files: the verifier must find it."""
    shutil.copytree(parties.public(plan), copy)
    path = max(copy.glob("*/checkpoint")).parent
    size = int(path.joinpath("checkpoint").read_text(encoding="utf-8").splitlines()[1])
    index = chance.randrange(size)
    number, place = divmod(index, WIDTH)
    bundle = path / Tile(None, number, min(WIDTH, size - number * WIDTH)).path
    data = bytearray(bundle.read_bytes())
    entries = decode_bundle(bytes(data), min(WIDTH, size - number * WIDTH))
    begin = sum(LENGTH_BYTES + len(one) for one in entries[:place]) + LENGTH_BYTES
    bit = chance.randrange(8 * len(entries[place]))
    data[begin + bit // 8] ^= 1 << bit % 8
    bundle.write_bytes(data)
    found = _verified(plan, copy, expected=FINDINGS)
    shutil.rmtree(copy)
    return [f"bit {bit} of entry {index}: {line}" for line in found]
