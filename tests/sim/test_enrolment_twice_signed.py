"""The whole ceremony with second keys: every program that takes part is a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.app import Addresses
from ledger import canonical, codec, envelope, notes, sm2
from ledger.records_keys import Enrolment
from ledger.signers import keyfile
from tests.sim.own_keys import Machine
from tests.sim.test_enrolment import Place
from tests.sim.test_rotation import configured

WAIT_S = 120.0
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sm2.available(), reason="needs the extra sm"),
]


class RefusedError(Exception):
    """A program did not end with 0; it says what it complained of."""


def program(package: str, *words: str) -> str:
    """Run a program in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", package, *words],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S,
    )  # fmt: skip
    if done.returncode:
        raise RefusedError(f"{done.returncode}: {done.stderr}")
    return done.stdout


class Apart(Place):
    """A township whose gateway is a process, as is each command; all its keys are twofold."""

    _process: subprocess.Popen[str] | None = None

    def run(self, *words: str) -> str:
        """Run a command of seal-gateway."""
        return program("gateway", *words, *(("--second", "sm2") if words[0] == "keygen" else ()))

    def start(self) -> None:
        """Start the gateway; it is ready on return."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", str(self.config)],
            stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.at = msgspec.json.decode(self._process.stdout.readline(), type=Addresses)

    def stop(self) -> None:
        """Stop the gateway."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(WAIT_S) == 0
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def enrol(self, code: str) -> str:
        """Run the machine's command, as it is typed before and after the county's agreement."""
        return program(
            "device", "enrol", "--gateway", self.at.door, "--code", code,
            "--out", str(self.folder / "m-1"), "--second", "sm2",
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Apart]:
    made = Apart(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


def test_machine_with_two_keys_signs_twice_and_never_with_one(place: Apart) -> None:
    code = place.code()
    with pytest.raises(RefusedError, match="county-waits"):
        place.enrol(code)
    place.admit()
    said = place.enrol(code)

    machine = Machine(place, configured(place.folder / "m-1"))
    machine.link()
    machine.deliver()
    raw = machine.journal.envelope_of(str(machine.journal.hash_at(1)))
    machine.close()
    verdict = program(
        "ledger", "log", str(place.folder / "public"), "--keys", str(trusted(place)),
        "--lang", "en",
    )  # fmt: skip

    own = place.folder / "m-1"
    record = keyfile.read_record(own / "m-1-1.json")
    assert "m-1 is enrolled in epoch 1" in said
    assert record.second is not None and record.second.alg == "sm2"
    assert {path.stat().st_mode & 0o777 for path in own.glob("m-1-1*.key")} == {0o600}
    assert raw is not None and len(canonical.decode(raw)["signatures"]) == 2
    (head,) = (place.folder / "public").glob("*/checkpoint")
    assert len(notes.parse(head.read_bytes()).lines) == 2
    assert (own / "m-1-1.json").read_text(encoding="utf-8") in enrolled_records(place)
    assert "SM2" not in verdict  # nothing was left unchecked
    (own / "m-1-1.sm2.key").unlink()
    with pytest.raises(RefusedError, match=r"m-1-1\.sm2\.key"):
        program("device", "check-config", "--config", str(own / "device.toml"))


def trusted(place: Apart) -> Path:
    """Return the folder of a verifier who has the county's word and the log's key alone."""
    folder = place.folder / "verifier"
    folder.mkdir()
    for path in (place.county / "county-1-1.json", place.folder / "gw-1-1-log.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def enrolled_records(place: Apart) -> list[str]:
    """Return the key records that the public log's entries have brought in."""
    export = place.folder / "export"
    place.run("export", "--config", str(place.config), str(export))
    taken = (envelope.parse(path.read_bytes()) for path in (export / "entries").iterdir())
    bodies = (codec.decode_entry(one.payload_type, one.payload).body for one in taken)
    return [body.key for body in bodies if isinstance(body, Enrolment)]
