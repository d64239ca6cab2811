"""`python -m bench cycle`, `soak` and `eyes-gateway` as a person starts them, but short."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def bench(target: Path, *words: str) -> dict[str, Any]:
    """Run one measurement and return the figures that it has written."""
    command = [sys.executable, "-m", "bench", *words, "--json", str(target)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(target.read_bytes())
    return figures


def test_cycle_measures_every_step_on_both_profiles(tmp_path: Path) -> None:
    profiles = bench(tmp_path / "cycle.json", "cycle", "--stamps", "1")["profiles"]

    assert set(profiles) == {"A", "B"}
    for profile in profiles.values():
        parts = [profile["tap_to_lever_free"], profile["press_to_durable"]]
        parts += profile["steps"].values()
        assert profile["stamps"] == 1
        assert all(0 <= one["least"] <= one["p50"] <= one["most"] for one in parts)
        assert profile["tap_to_lever_free"]["least"] > profile["steps"]["intent journaled"]["least"]


def test_soak_goes_through_ordeals_judges_them_and_ends_in_time(tmp_path: Path) -> None:
    folder = tmp_path / "soak"

    figures = bench(
        tmp_path / "soak.json", "soak", "--minutes", "0.1", "--seed", "1", "--folder", str(folder)
    )

    assert sum(figures["ordeals"].values()) >= 1
    assert figures["looked_at"] > 100
    assert figures["days"] >= 1
    assert figures["breaches"] == []
    assert folder.is_dir()


def test_eyes_gateway_delivers_a_use_and_has_its_photos_looked_at(tmp_path: Path) -> None:
    figures = bench(tmp_path / "eyes.json", "eyes-gateway", "--uses", "1", "--no-read")

    assert (figures["uses"], figures["failed"], figures["reader"]) == (1, 0, False)
    assert 0 < figures["delivered_s"] <= figures["drained_s"]
    assert 0 < figures["look_p50_s"] == figures["look_most_s"]
    assert figures["before"]["entries"] == 200
    assert figures["beside"]["entries"] >= 20
    assert 0 < figures["gateway_idle_mb"] <= figures["gateway_peak_mb"]
