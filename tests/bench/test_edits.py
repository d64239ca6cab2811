"""A sample of the structural edits; `./seal bench verify --edits N` makes as many as you like."""

from __future__ import annotations

from bench import edits
from bench.edits import EDITS
from bench.public_log import Township

SEED = 20261122
SAMPLE = 200


def test_every_edit_of_a_sample_is_found() -> None:
    made = edits.campaign(SAMPLE, SEED)

    assert sum(made.made.values()) == SAMPLE
    assert min(made.made.values()) > 0
    assert sum(made.missed.values()) == 0, f"seed {SEED}: {made.missed}"


def test_the_unchanged_log_passes_so_that_findings_mean_something() -> None:
    town = Township(3).fill(300)

    verifier = edits.verify(town.entries, town)

    assert list(verifier.findings) == []
    assert set(EDITS) == {"drop", "swap", "insert", "truncate", "replay"}
