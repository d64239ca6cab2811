"""Gathering evidence: both exports, what the follower saw, and the openings of alerts, as files."""

from __future__ import annotations

import shutil
from pathlib import Path

from device.cli import main as device_cli
from gateway.cli import main as gateway_cli
from gateway.config import load
from gateway.stores import sqlite
from ledger.records import AlertRecord
from sim import township_files
from sim.judge import evidence
from sim.judge.evidence import Township
from sim.township_plan import Plan, Village


def export_machine(plan: Plan, village: Village, target: Path) -> None:
    """Export a machine's log into a new folder; its agent may run."""
    config = ["--config", str(plan.device_config(village))]
    township_files.run_command(device_cli, "export", *config, str(target))


def export_township(plan: Plan, seen: Path, target: Path) -> None:
    """Export the township's log beside what was seen of it; export the machines before.

    Writes `seen.jsonl`, `gateway/` and `openings/` below `target`. What was seen is copied first:
    the export has then all that the heads in it promise.
    """
    if seen.exists():
        shutil.copy(seen, target / "seen.jsonl")
    config = ["--config", str(plan.gateway_config)]
    township_files.run_command(gateway_cli, "export", *config, str(target / "gateway"))
    _write_openings(plan, target / "openings")


def read_township(target: Path) -> Township:
    """Return what `export_township` wrote."""
    return evidence.read_township(
        target / "gateway", seen=target / "seen.jsonl", openings=target / "openings"
    )


def _write_openings(plan: Plan, target: Path) -> None:
    """Write the openings of all alerts as the gateway keeps them, whoever they are about."""
    target.mkdir()
    state = load(plan.gateway_config).state
    store = sqlite.connect(sqlite.Options(folder=state, writable=False))
    try:
        with store.reader() as reader:
            for entry in reader.all_entries():
                opening = reader.opening_bytes(entry.sha256)
                if isinstance(entry.body, AlertRecord) and opening is not None:
                    (target / f"{entry.sha256}.json").write_bytes(opening)
    finally:
        store.close()
