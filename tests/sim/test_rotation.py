"""A machine's new key: it takes over at the stated entry, and the old one writes nothing more."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from device import keychange, rotating
from device.cli import main as device_main
from device.config import DeviceConfig, load
from device.errors import ConfigError, EnrolmentError, JournalError
from device.journal import Journal
from ledger import codec
from ledger.records import Config
from ledger.signers import Signer, keyfile
from sim.township_files import run_command
from tests.sim.test_enrolment import TOWNSHIP, Place, enrolled, link, renew

REST = """
[[seal]]
id = "committee"
name = "甲村村民委员会"

[controller]
driver = "relay"

[camera]
driver = "opencv"
"""


@pytest.fixture
def place(tmp_path: Path) -> Any:
    made = Place(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


def configured(out: Path) -> DeviceConfig:
    """Return the configuration that begins with what the enrolment wrote."""
    head, _, tables = (out / "township.toml").read_text(encoding="utf-8").partition("\n[keys]")
    own = 'state = "state"\npeople = "people.toml"\n'
    path = out / "device.toml"
    path.write_text(f"{head}{own}\n[keys]{tables}{REST}", encoding="utf-8")
    return load(path)


def write(config: DeviceConfig, signer: Signer, count: int) -> int:
    """Journal so many entries and return the last one's seq."""
    journal = Journal(config.state, signer, lambda data: data)
    for _ in range(count):
        body = Config(config_sha256=codec.sha256(b""), version="1")
        journal.append(body, 1, mark_ms=None)
    seq = journal.head.seq
    journal.close()
    return seq


@pytest.mark.slow
def test_new_key_takes_over_and_the_old_one_gets_no_certificate(place: Place) -> None:
    wish = enrolled(place)
    config = configured(wish.out)
    old = keyfile.load(wish.out / "m-1-1.key", wish.out / "m-1-1.json")
    write(config, old, 3)

    made = rotating.rotate(config, wish.out)
    again = rotating.rotate(config, wish.out)
    with pytest.raises(ConfigError, match="--cancel"):
        rotating.check(config, old)
    agreed = place.folder / "rotation.json"
    place.agree(made.request, agreed)
    place.run("enter-key", "--config", str(place.config), str(agreed))

    new = keyfile.load(made.key, made.record)
    rotating.check(config, new)
    assert (made, made.last_seq) == (again, 3)
    assert write(config, new, 1) == 4
    with pytest.raises(EnrolmentError) as caught:
        renew(wish, place.at.door)
    assert caught.value.reason == "key-form"


@pytest.mark.slow
def test_machine_without_a_link_key_gets_a_new_one_by_command(place: Place) -> None:
    wish = enrolled(place)
    configured(wish.out)
    (wish.out / "link.key").unlink()
    (wish.out / "link.pem").unlink()

    run_command(device_main, "renew", "--config", str(wish.out / "device.toml"))

    bus, _ = link(place.options())
    bus.stop()


@pytest.mark.slow
def test_rotation_that_was_given_up_changes_nothing(place: Place) -> None:
    wish = enrolled(place)
    config = configured(wish.out)
    old = keyfile.load(wish.out / "m-1-1.key", wish.out / "m-1-1.json")
    rotating.rotate(config, wish.out)

    rotating.cancel(config)

    rotating.check(config, old)
    renew(wish, place.at.door)


def test_a_young_machine_goes_on_under_its_new_keys(tmp_path: Path) -> None:
    record = {"holder": "m-1", "role": "device", "township": TOWNSHIP, "epoch": 1, "domain": "sim"}
    keys = [signer(tmp_path / str(number), **record) for number in range(4)]
    state = tmp_path / "state"

    for count, (old, new) in enumerate(itertools.pairwise(keys)):
        journal = Journal(state, old, lambda data: data)
        journal.append(Config(config_sha256=codec.sha256(b""), version="1"), 1, mark_ms=None)
        assert (journal.head.seq, journal.hash_at(0)) == (count + 1, keys[0].record_sha256)
        journal.close()
        keychange.begin(state, old.record_sha256, new.record_sha256)

    again = Journal(state, keys[3], lambda data: data)
    assert (again.head.seq, again.hash_at(0)) == (3, keys[0].record_sha256)
    again.close()


def test_a_key_that_took_over_from_nobody_is_another_machines(tmp_path: Path) -> None:
    record = {"holder": "m-1", "role": "device", "township": TOWNSHIP, "epoch": 1, "domain": "sim"}
    own, stranger = (signer(tmp_path / name, **record) for name in "ab")
    journal = Journal(tmp_path, own, lambda data: data)
    for _ in range(3):
        journal.append(Config(config_sha256=codec.sha256(b""), version="1"), 1, mark_ms=None)
    journal.close()

    with pytest.raises(JournalError, match="another key or another log"):
        Journal(tmp_path, stranger, lambda data: data)


def test_a_rotation_given_up_leaves_the_one_before_it_in_force(tmp_path: Path) -> None:
    keychange.begin(tmp_path, "1" * 64, "2" * 64)
    keychange.begin(tmp_path, "2" * 64, "3" * 64)

    keychange.cancel(tmp_path)

    assert keychange.replaced(tmp_path) == ("1" * 64,)
    keychange.cancel(tmp_path)
    assert keychange.replaced(tmp_path) == ()


def signer(folder: Path, **record: Any) -> Signer:
    """Make a key in a folder and return its signer."""
    keyfile.create(folder / "own.key", folder / "own.json", **record)
    return keyfile.load(folder / "own.key", folder / "own.json")
