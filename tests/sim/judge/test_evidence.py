"""Evidence: what is read from files counts only as far as it verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from ledger import codec, disclosure
from ledger.disclosure import Opened, Opening
from ledger.records import AlertRecord
from sim.judge import evidence
from sim.judge.evidence import Evidence

Life = Any
T0 = 1_000_000
ABOUT = {"rule": "clock-skew", "severity": "red", "entry": None, "machine": "m-1", "key": "k"}


@pytest.fixture
def opened(life: Life) -> dict[str, Opened]:
    """What opens the alert that the gateway has just raised."""
    fields, found = disclosure.withhold({"about": ABOUT, "finding": {"key": "skew", "values": {}}})
    life.reply(AlertRecord(alert="a-1", **fields), T0)
    return found


def read(life: Life, folder: Path, opened: dict[str, Opened]) -> Evidence:
    """Write both exports and one opening as files, and read them."""
    log, township, openings = (folder / name for name in ("log", "township", "openings"))
    for place in (log, township):
        for name in ("entries", "acks", "receipts", "photos", "keys"):
            (place / name).mkdir(parents=True)
    records = (life.device.record, life.gateway.record, life.log_key.record)
    for number, record in enumerate(records):
        (township / "keys" / f"{number}.json").write_bytes(codec.encode_message(record))
    for line in life.township:
        (township / "entries" / f"{line.number:012d}.dsse").write_bytes(line.raw)
    sha256 = life.township[-1].payload.sha256
    openings.mkdir()
    (openings / f"{sha256}.json").write_bytes(disclosure.encode(Opening(sha256, opened)))
    return evidence.read("m-1", None, log, evidence.read_township(township, openings=openings))


def test_an_alert_flags_what_its_opening_says(
    life: Life, opened: dict[str, Opened], tmp_path: Path
) -> None:
    found = read(life, tmp_path, opened)

    assert [(one.rule, one.machine) for one in found.flags] == [("clock-skew", "m-1")]
    assert found.log_key == life.log_key.record


def test_an_opening_that_was_not_committed_to_flags_nothing(
    life: Life, opened: dict[str, Opened], tmp_path: Path
) -> None:
    about = structs.replace(opened["about"], value={**ABOUT, "rule": "off-list"})

    found = read(life, tmp_path, {**opened, "about": about})

    assert found.flags == ()
