"""seal-device: what each command prints, with which code it ends, and what it refuses to start."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

from device.cli import main
from device.config import load
from device.journal import Journal
from device.loading import load_keys
from ledger import codec, envelope
from ledger.records import Heartbeat
from tests.device.model_gateway import COUNTY, LOG_DOMAIN, MACHINE, SEAL, TOWNSHIP, VILLAGE, Keys

ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""
device = "{MACHINE}"
township = "{TOWNSHIP}"
village = "{VILLAGE}"
village_name = "清溪村"
domain = "sim"
state = "state"
people = "people.toml"

[keys]
key = "keys/device.key"
record = "keys/trusted/m-1.json"
reference = "keys/reference.key"
trusted = "keys/trusted"

[log]
domain = "{LOG_DOMAIN}"
county = "{COUNTY}"

[[seal]]
id = "{SEAL}"
name = "村民委员会"

[controller]
driver = "relay"
options = {{ port = "/dev/none", board = "waveshare-d" }}
window_s = 3

[camera]
driver = "opencv"
options = {{ source = "/dev/none" }}

[reader]
driver = "line"
options = {{ port = "/dev/none", baud = 9600 }}

[broker]
url = "mqtt://127.0.0.1:1"

[kiosk]
port = 0
"""
PERSON = """
[[person]]
account = "c-1"
name = "王秀英"
card = "{card}"
pin_hash = "{pin_hash}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with everything that one agent needs."""
    Keys(tmp_path / "keys")
    (tmp_path / "device.toml").write_text(CONFIG, encoding="utf-8")
    pin_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("246810")
    (tmp_path / "people.toml").write_text(PERSON.format(card="04a1b2c3", pin_hash=pin_hash))
    return tmp_path


@pytest.fixture
def seal(folder: Path) -> Callable[..., Result]:
    """Return what runs one command with the configuration of the folder."""
    runner = CliRunner(env={"SEAL_CONFIG": str(folder / "device.toml")})

    def run(*words: object) -> Result:
        return runner.invoke(main, [str(word) for word in words])

    return run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_check_config_says_what_it_found(seal: Callable[..., Result], folder: Path) -> None:
    result = seal("check-config")

    assert result.exit_code == 0, result.output
    assert f"{MACHINE} in 清溪村, sim domain, 1 recipients, 1 people" in result.output
    assert "controller relay, camera opencv, reader line: all good" in result.output
    assert not (folder / "state").exists(), "nothing is made"


@pytest.mark.parametrize("kept", [b'{"device": "m-1"', b'{"device": "\xff"}'])
def test_check_config_says_that_a_damaged_tray_is_not_used(
    seal: Callable[..., Result], folder: Path, kept: bytes
) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "tray.json").write_bytes(kept)

    result = seal("check-config")

    assert result.exit_code == 0, "the machine works without it"
    assert "tray: not used: " in result.output and "seal-device calibrate" in result.output


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('"relay"', '"relai"', 3, "relai"),
        ("board =", "bord =", 3, "bord"),
        ("waveshare-d", "waveshare-x", 3, "waveshare-x"),
        ('driver = "relay"', 'driver = "mcu"', 3, "machine_key"),
        ("baud = 9600", "baud = 0", 3, "baud"),
        ("source =", "sauce =", 3, "sauce"),
        ('driver = "opencv"', 'driver = "no.such.camera"', 3, "no.such.camera"),
        ("window_s = 3", "window_s = 30", 1, "window_s"),
        ("[kiosk]", "[kiosc]", 1, "kiosc"),
        ('domain = "sim"', 'domain = "field"', 1, "field"),
        (f'device = "{MACHINE}"', 'device = "m-2"', 1, "m-2"),
        (LOG_DOMAIN, "no domain", 1, "log.domain"),
        (TOWNSHIP, "420625103999", 1, "420625103999"),
        ("mqtt://", "http://", 1, "broker: expected mqtt"),
        ("[kiosk]", 'password_file = "none"\nusername = "m-1"\n[kiosk]', 1, "broker: "),
        ("mqtt://127.0.0.1:1", 'mqtts://127.0.0.1:1"\nca_file = "none', 1, "broker: "),
        ("keys/device.key", "keys/none.key", 1, "none.key"),
        ("keys/reference.key", "keys/none.key", 1, "none.key"),
    ],
)
def test_a_mistake_is_refused_by_check_config_and_by_run(
    seal: Callable[..., Result], folder: Path, old: str, new: str, code: int, said: str
) -> None:
    change(folder / "device.toml", old, new)

    checked, started = seal("check-config"), seal("run")

    assert (checked.exit_code, started.exit_code) == (code, code), checked.output + started.output
    assert said in checked.output and said in started.output
    assert not (folder / "state" / "journal.db").exists(), "it never began"


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (PERSON.format(card="04a1b2c3", pin_hash="246810"), "seal-device pin"),
        (PERSON.format(card="04a1b2c3", pin_hash="x") * 2, "each account once"),
        ("[[person]]\naccount = 'c-1'\n", "[[person]]"),
    ],
)
def test_people_who_could_not_sign_in_are_told(
    seal: Callable[..., Result], folder: Path, people: str, said: str
) -> None:
    (folder / "people.toml").write_text(people, encoding="utf-8")

    result = seal("check-config")

    assert result.exit_code == 1
    assert said in result.output and "people.toml" in result.output


def test_a_key_that_others_may_read_is_refused(seal: Callable[..., Result], folder: Path) -> None:
    (folder / "keys" / "device.key").chmod(0o644)

    result = seal("check-config")

    assert result.exit_code == 1
    assert "device.key" in result.output and "Traceback" not in result.output


@pytest.mark.slow
def test_a_kiosk_port_that_is_taken_is_told_in_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        change(folder / "device.toml", "port = 0", f"port = {port}")
        done = subprocess.run(
            [sys.executable, "-m", "device", "run", "--config", str(folder / "device.toml")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 1
    assert f"config: kiosk: expected 127.0.0.1:{port} free" in done.stderr
    assert "Traceback" not in done.stderr


def test_keygen_makes_keys_that_only_the_owner_reads(tmp_path: Path) -> None:
    words = ["keygen", "--id", "m-9", "--township", TOWNSHIP, "--domain", "field"]
    words += ["--out", str(tmp_path)]

    made, again = CliRunner().invoke(main, words), CliRunner().invoke(main, words)

    assert (made.exit_code, again.exit_code) == (0, 1)
    assert {path.name for path in tmp_path.iterdir()} == {
        "device.key", "reference.key", "m-9-1.json", "m-9-1-reference.json",
    }  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}


@pytest.mark.parametrize(("holder", "township"), [("M_9", TOWNSHIP), ("m-9", "4206")])
def test_keygen_takes_a_malformed_name_for_a_slip_of_the_hand(
    tmp_path: Path, holder: str, township: str
) -> None:
    words = ["keygen", "--id", holder, "--township", township, "--domain", "sim"]

    result = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out")])

    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_pin_prints_a_hash_that_holds_for_it_alone() -> None:
    done = CliRunner().invoke(main, ["pin", "--pin", "246810"])
    letters = CliRunner().invoke(main, ["pin", "--pin", "secret"])

    assert (done.exit_code, letters.exit_code) == (0, 2)
    assert PasswordHasher().verify(done.output.strip(), "246810")


def test_export_writes_the_log_by_its_documented_names(
    seal: Callable[..., Result], folder: Path
) -> None:
    early = seal("export", folder / "early")
    config = load(folder / "device.toml")
    keys = load_keys(config)
    journal = Journal(config.state, keys.signer, keys.seal)
    beat = Heartbeat(state="idle", strokes={}, impressions=0, waiting=0, free_mb=1, alarms=())
    for at_ms in (1_795_000_000_000, 1_795_000_000_001):
        journal.append(beat, at_ms, mark_ms=None)

    done, again = seal("export", folder / "out"), seal("export", folder / "out")
    journal.close()

    assert (early.exit_code, done.exit_code, again.exit_code) == (1, 0, 1)
    assert {one.name for one in (folder / "out").iterdir()} == {
        "entries", "openings", "photos", "acks", "receipts", "keys",
    }  # fmt: skip
    files = sorted((folder / "out" / "entries").iterdir())
    assert [one.name for one in files] == ["000000000001.dsse", "000000000002.dsse"]
    taken, _ = envelope.verify(files[1].read_bytes(), keys.ring)
    assert codec.decode_entry(taken.payload_type, taken.payload).position.seq == 2


def test_a_release_that_does_not_verify_is_evidence_and_not_handed_on(
    seal: Callable[..., Result], folder: Path
) -> None:
    forged = folder / "release.dsse"
    forged.write_bytes(b'{"payload":"","payloadType":"x","signatures":[]}')

    result = seal("release", forged)

    assert result.exit_code == 4
    assert not list(folder.glob("state/inbox/*"))
