"""Structural edits of a log, at random: drop, swap, insert, truncate, replay; each must be found.

The editor is the township itself: it computes all files anew and signs the head again. What
gives it away are the machines' chains, and, for a cut tail, a head that somebody has kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import Struct

from bench.public_log import Township, origin
from ledger import checkpoint, tree, verify_spans
from ledger.checkpoint import Checkpoint
from ledger.tiles import WIDTH, Tile, encode_bundle
from ledger.tree import MemoryHashes, leaf_hash
from ledger.verify import TownshipVerifier
from ledger.verify_chains import Folder
from ledger.verify_heads import LogKeys, believe, log_key
from ledger.verify_spans import Keyring, SpanJudge

Edit = Callable[[list[bytes], random.Random], list[bytes]]


class Edits(Struct, frozen=True, kw_only=True):
    """How many edits were made and how many of them were not found, by kind."""

    seed: int
    entries: int
    made: dict[str, int]
    missed: dict[str, int]


def drop(entries: list[bytes], chance: random.Random) -> list[bytes]:
    """Leave an entry out."""
    at = chance.randrange(len(entries))
    return entries[:at] + entries[at + 1 :]


def swap(entries: list[bytes], chance: random.Random) -> list[bytes]:
    """Exchange two entries."""
    first, second = sorted(chance.sample(range(len(entries)), 2))
    changed = list(entries)
    changed[first], changed[second] = changed[second], changed[first]
    return changed


def insert(entries: list[bytes], chance: random.Random) -> list[bytes]:
    """Put an entry of the same log at another place, once more."""
    return replay(entries, chance, end=False)


def truncate(entries: list[bytes], chance: random.Random) -> list[bytes]:
    """Cut the end off."""
    return entries[: chance.randrange(len(entries))]


def replay(entries: list[bytes], chance: random.Random, *, end: bool = True) -> list[bytes]:
    """Append what was there before, up to eight entries in their order."""
    start = chance.randrange(len(entries))
    again = entries[start : start + (chance.randint(1, 8) if end else 1)]
    at = len(entries) if end else chance.randrange(len(entries) + 1)
    return entries[:at] + again + entries[at:]


EDITS: dict[str, Edit] = {
    "drop": drop,
    "swap": swap,
    "insert": insert,
    "truncate": truncate,
    "replay": replay,
}


def verify(
    entries: list[bytes], town: Township, known: Checkpoint | None = None
) -> TownshipVerifier:
    """Verify a log that is signed anew as it is, against a head that was kept."""
    name = origin()
    hashes = MemoryHashes(map(leaf_hash, entries))
    head = Checkpoint(name, len(entries), hashes.frontier.root())
    trusted = LogKeys((log_key(town.log_signer.record),))
    verifier = TownshipVerifier(Folder(town.records), trusted)
    log = verifier.begin(believe(checkpoint.sign(head, town.log_signer), trusted))
    judge = SpanJudge(name, 0, Keyring(town.records))
    files: dict[str, bytes] = {}
    for first in range(0, len(entries), WIDTH):
        part = entries[first : first + WIDTH]
        leaves = b"".join(map(leaf_hash, part))
        files[Tile(0, first // WIDTH, len(part)).path] = leaves
        files[Tile(None, first // WIDTH, len(part)).path] = encode_bundle(part)
        judge.tile(part, leaves)
    log.take(verify_spans.decode(verify_spans.encode(judge.span)))
    row = [tree.root(WIDTH, _shifted(hashes, at)) for at in range(len(entries) // WIDTH)]
    if row:
        files[Tile(1, 0, len(row)).path] = b"".join(row)
    log.finish(files.get, known)
    verifier.finish()
    return verifier


def campaign(count: int, seed: int, size: int = 60) -> Edits:
    """Make so many edits, each in a log of `size` entries, and verify each log."""
    chance = random.Random(seed)
    town = Township(3).fill(size)
    hashes = MemoryHashes(map(leaf_hash, town.entries))
    known = Checkpoint(origin(), size, hashes.frontier.root())
    made, missed = dict.fromkeys(EDITS, 0), dict.fromkeys(EDITS, 0)
    names = sorted(EDITS)
    while sum(made.values()) < count:
        name = chance.choice(names)
        changed = EDITS[name](town.entries, chance)
        made[name] += 1
        found = verify(changed, town, known).findings
        missed[name] += not len(found)
    return Edits(seed=seed, entries=size, made=made, missed=missed)


def _shifted(hashes: MemoryHashes, tile: int) -> tree.HashReader:
    return lambda level, index: hashes(level, index + (tile * WIDTH >> level))
