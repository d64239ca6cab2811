"""What the county copies from `deploy/` fits the program: its example, and its units."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.witness import config

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
UNITS = ("seal-witness.service", "seal-monitor.service")


def test_the_example_lists_townships_that_are_all_followed() -> None:
    found = config.load(DEPLOY / "witness.toml")

    assert found.monitor.enabled
    assert [town.title for town in found.logs] == ["义桥镇", "河上镇"]
    assert all(town.public.startswith("https://") for town in found.logs)
    assert found.monitor.keys == DEPLOY / "trusted"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_that_exists(name: str) -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name, encoding="utf-8")
    lines = [
        unit["Service"][key] for key in ("ExecStart", "ExecStartPre") if key in unit["Service"]
    ]

    for line in lines:
        program, verb, *words = line.split()
        assert Path(program).name == "seal-gateway"
        assert main.get_command(click.Context(main), verb) is not None
        assert words == ["--config", "/etc/sealkeeper/witness.toml"]


def test_the_witness_is_started_by_a_unit_that_needs_no_other() -> None:
    unit = (DEPLOY / "seal-witness.service").read_text(encoding="utf-8")

    assert "seal-gateway witness --config" in unit
    assert "WantedBy=multi-user.target" in unit


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_knows_every_line_of_a_unit(name: str) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", str(DEPLOY / name)],
        check=False,  # what it says of programs that are not installed here does not count
        capture_output=True,
        text=True,
    )

    assert "Unknown" not in said.stderr
