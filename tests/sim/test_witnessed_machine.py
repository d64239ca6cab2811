"""A machine with a policy, a real gateway and a real witness that falls silent for a while."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from device import loading
from device.config import DeviceConfig
from device.errors import ConfigError
from device.proofs import LOG_KEY
from ledger import checkpoint, notes, policy
from ledger.signers import keyfile
from tests.sim.own_keys import Machine
from tests.sim.test_enrolment import COUNTY, TOWNSHIP, Place, enrolled
from tests.sim.test_rotation import configured

ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""name = "witness.example/county"
domain = "sim"
state = "state"
signer = "w.key"
signer_record = "w.json"
port = 0

[monitor]
enabled = false

[[logs]]
name = "seal.example/{COUNTY}/{TOWNSHIP}"
records = ["../gw-1-1-log.json"]
"""


class Office:
    """The county's witness as a process, which can be silenced."""

    def __init__(self, place: Place) -> None:
        folder = place.folder / "office"
        folder.mkdir()
        own = {"holder": "county-1", "township": COUNTY, "domain": "sim", "epoch": 1}
        keyfile.create(folder / "w.key", folder / "w.json", role="witness", **own)
        (folder / "witness.toml").write_text(CONFIG, encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "witness", "--config", str(folder / "witness.toml")],
            stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.url, self.vkey = said["url"], said["vkey"]

    def silence(self, yes: bool) -> None:
        """Let the process answer nobody, or again."""
        os.kill(self._process.pid, signal.SIGSTOP if yes else signal.SIGCONT)

    def close(self) -> None:
        """End it."""
        self.silence(False)
        self._process.terminate()
        assert self._process.wait(60) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.found()
    return made


@pytest.fixture
def office(place: Place) -> Iterator[Office]:
    """The witness, whom the gateway that runs asks."""
    made = Office(place)
    text = place.config.read_text(encoding="utf-8")
    witness = f'[[log.witnesses]]\nname = "county"\nvkey = "{made.vkey}"\nurl = "{made.url}"\n'
    place.config.write_text(f"{text}\n{witness}", encoding="utf-8")
    place.start()
    yield made
    place.stop()
    made.close()


def with_policy(config: DeviceConfig, office: Office, quorum: str) -> DeviceConfig:
    """Name the county's policy in a machine's configuration."""
    path = config.state.parent / "tlog-policy"
    path.write_text(f"witness county {office.vkey}\nquorum {quorum}\n", encoding="utf-8")
    return structs.replace(config, log=structs.replace(config.log, policy=path))


@pytest.mark.slow
def test_nothing_is_proved_while_the_witness_is_silent(place: Place, office: Office) -> None:
    config = with_policy(configured(enrolled(place).out), office, "county")
    rules = loading.load_policy(config)
    machine = Machine(place, config, rules)
    machine.link()
    machine.deliver()

    office.silence(True)
    machine.write()
    seq = machine.journal.head.seq
    machine.until(lambda: machine.uplink.acked == seq and machine.uplink.proofs.overdue_s() > 5)
    waited = machine.journal.unproved(seq, 1)
    office.silence(False)
    machine.until(lambda: not machine.journal.unproved(seq, 1))

    assert waited == [machine.journal.hash_at(seq)]
    assert rules is not None
    for _, note in machine.journal.kept(LOG_KEY):
        policy.satisfied(rules, note)
        assert checkpoint.parse(notes.parse(note).text).size > seq
    machine.close()


@pytest.mark.slow
def test_a_policy_that_asks_for_nobody_is_a_mistake(place: Place, office: Office) -> None:
    config = with_policy(configured(enrolled(place).out), office, "none")

    with pytest.raises(ConfigError, match=r"log\.policy: .*expected a quorum of witnesses"):
        loading.load_policy(config)
