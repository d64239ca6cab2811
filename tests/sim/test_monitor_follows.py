"""County and gateway: the log's key is renewed, and monitor, witness and watcher go on alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from ledger import checkpoint, growth, notes
from ledger.checkpoint import Checkpoint
from ledger.cli import main as verify_main
from ledger.growth import Growth
from ledger.signers import keyfile
from sim.waiting import until
from tests.sim.own_keys import enter, name_new, request
from tests.sim.test_enrolment import COUNTY, TOWNSHIP, Place

WAIT_S = 120.0
ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""name = "witness.example/county"
domain = "sim"
state = "state"
signer = "w.key"
signer_record = "w.json"
port = 0

[monitor]
keys = "trusted"
every_s = 1

[[logs]]
name = "seal.example/{COUNTY}/{TOWNSHIP}"
place = "示例镇"
records = ["log.json"]
public = "../public"
"""


class Office:
    """The county's computer: given the log's first key record once, and its own; never again."""

    def __init__(self, place: Place) -> None:
        self.place, self.folder = place, place.folder / "office"
        (self.folder / "trusted").mkdir(parents=True)
        own = {"holder": "county-1", "township": COUNTY, "domain": "sim", "epoch": 1}
        keyfile.create(self.folder / "w.key", self.folder / "w.json", role="witness", **own)
        for source, target in (
            (place.folder / "gw-1-1-log.json", self.folder / "log.json"),
            (place.county / "county-1-1.json", self.folder / "trusted" / "county-1-1.json"),
            (place.folder / "gw-1-1-log.json", self.folder / "trusted" / "log.json"),
        ):
            target.write_bytes(source.read_bytes())
        config = self.folder / "witness.toml"
        config.write_text(CONFIG, encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "witness", "--config", str(config)],
            stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]

    def status(self) -> dict[str, Any]:
        """Return what the monitor knows of the township; empty before its first visit."""
        found = list((self.folder / "state" / "monitor").glob("*/status.json"))
        return dict(json.loads(found[0].read_bytes())) if found else {}

    def sees(self, size: int) -> bool:
        """Tell whether the monitor has seen so many entries and found nothing wrong."""
        now = self.status()
        return now.get("entries", 0) >= size and not now["findings"] and not now["unreachable"]

    def cosign(self, note: bytes) -> int:
        """Ask the witness for the first time for a cosignature; return the status."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        connection.request("POST", "/add-checkpoint", growth.encode(Growth(0, (), note)))
        status = connection.getresponse().status
        connection.close()
        return status

    def watch(self) -> Result:
        """Look once with seal-verify watch, which has its own memory."""
        return CliRunner().invoke(verify_main, [
            "watch", str(self.place.folder / "public"), "--once",
            "--keys", str(self.folder / "trusted"), "--state", str(self.folder / "watch"),
        ])  # fmt: skip

    def close(self) -> None:
        """Stop the witness."""
        self._process.terminate()
        assert self._process.wait(60) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def office(place: Place) -> Iterator[Office]:
    made = Office(place)
    yield made
    made.close()


def published(place: Place) -> tuple[Path, Checkpoint]:
    """Return the newest checkpoint's file and what it says."""
    (path,) = (place.folder / "public").glob("*/checkpoint")
    return path, checkpoint.parse(notes.parse(path.read_bytes()).text)


def renew(place: Place) -> None:
    """Replace the log's key: named in the log first, then agreed to, entered and restarted."""
    enter(place, request(place, "log"))
    agreed = request(place, "log")
    place.stop()
    name_new(place, "log", "gw-1-1-log-2")
    enter(place, agreed)
    before = published(place)[1].size
    place.start()
    until("a head by the new key", lambda: published(place)[1].size > before, WAIT_S)


@pytest.mark.slow
def test_county_follows_the_logs_new_key_by_itself_and_nobody_elses(
    place: Place, office: Office
) -> None:
    until("the first visit", lambda: office.sees(1), WAIT_S)
    assert office.watch().exit_code == 0

    renew(place)

    path, head = published(place)
    old = keyfile.load(place.folder / "log.key", place.folder / "gw-1-1-log.json")
    until("a visit after the change", lambda: office.sees(head.size), WAIT_S)
    assert office.cosign(checkpoint.sign(head, old)) == 403
    assert office.cosign(path.read_bytes()) == 200
    assert office.watch().exit_code == 0

    place.stop()
    own = {"holder": "gw-1", "township": TOWNSHIP, "domain": "sim", "epoch": 1}
    keyfile.create(place.folder / "thief.key", place.folder / "thief.json", role="log", **own)
    thief = keyfile.load(place.folder / "thief.key", place.folder / "thief.json")
    path.write_bytes(checkpoint.sign(head, thief))

    found = until("the finding", lambda: office.status()["findings"], WAIT_S)
    watched = office.watch()
    assert [one["code"] for one in found] == ["checkpoint-unknown-key"]
    assert office.cosign(path.read_bytes()) == 403
    assert watched.exit_code == 4
    assert "台账封签不是用您信任的台账密钥" in watched.output
