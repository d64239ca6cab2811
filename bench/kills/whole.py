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
from sim.judge import evidence, judging

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
    public, trusted = parties.public(town.plan), town.plan.trusted
    turned = folder / "turned"
    shutil.copytree(public, turned)
    where = turn_a_bit(turned, chance)
    breaches = [
        *verified(public, trusted, expected=0),
        *(f"{where}: {line}" for line in verified(turned, trusted, expected=FINDINGS)),
        *_judged(town, folder),
    ]
    if not breaches:
        shutil.rmtree(turned)
    return breaches


def verified(public: Path, trusted: Path, *, expected: int) -> list[str]:
    """Run seal-verify over public files; return what it said if it did not end as expected.

    Args:
        trusted: key records that it is told to believe.
        expected: its exit code: 0 for files that nobody touched, 4 for others.
    """
    words = ["log", str(public), "--keys", str(trusted), "--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ledger", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    if done.returncode == expected:
        return []
    said = " ".join((done.stdout + done.stderr).split())
    found = f"{done.returncode}: {said}"
    return [f"I10 tamper evident: {public}: expected exit {expected}, found {found}"]


def turn_a_bit(public: Path, chance: random.Random) -> str:
    """Turn one bit of one entry of the newest log, and return which."""
    log = max(public.glob("*/checkpoint")).parent
    size = int((log / "checkpoint").read_text(encoding="utf-8").splitlines()[1])
    index = chance.randrange(size)
    number, place = divmod(index, WIDTH)
    bundle = Tile(None, number, min(WIDTH, size - number * WIDTH))
    data = bytearray((log / bundle.path).read_bytes())
    entries = decode_bundle(bytes(data), bundle.width)
    begin = sum(LENGTH_BYTES + len(one) for one in entries[:place]) + LENGTH_BYTES
    bit = chance.randrange(8 * len(entries[place]))
    data[begin + bit // 8] ^= 1 << bit % 8
    (log / bundle.path).write_bytes(data)
    return f"bit {bit} of entry {index}"


def _judged(town: Parties, folder: Path) -> Iterator[str]:
    plan = town.plan
    for village in plan.villages:
        gathering.export_machine(plan, village, folder / village.machine)
    gathering.export_township(plan, town.seen, folder)
    township = gathering.read_township(folder)
    for village in plan.villages:
        log = folder / village.machine
        found = evidence.read(village.machine, None, log, township, settled=True)
        for line in judging.broken(judging.judge(found)):
            yield f"{village.machine}: {line}"
