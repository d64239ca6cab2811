"""A token in the configuration: a machine enrols with one, a gateway signs with one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device import config as device_config
from device.cli import main as device_main
from gateway import wiring
from gateway.config import load
from ledger.signers import choice, pkcs11
from sim.township_files import run_command
from tests.sim.test_enrolment import TOWNSHIP, Place

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
def place(tmp_path: Path, tokens: Any) -> Iterator[Place]:
    (tmp_path / "town").mkdir()
    made = Place(tmp_path / "town")
    made.found()
    made.start()
    yield made
    made.stop()


@pytest.mark.slow
def test_machine_enrols_with_a_key_in_a_token_and_its_agent_can_use_it(
    place: Place, tokens: Any
) -> None:
    out = place.folder / "m-1"
    words = ["enrol", "--gateway", place.at.door, "--code", place.code(), "--out", str(out)]
    words += ["--module", str(tokens.options.module), "--token", "seal", "--key", "m-1-1"]
    words += ["--pin-file", str(tokens.options.pin_file), "--alg", "es256"]
    with pytest.raises(Exception, match="county-waits"):
        run_command(device_main, *words)
    place.admit()

    run_command(device_main, *words)

    settings = (out / "township.toml").read_text(encoding="utf-8")
    path = out / "device.toml"
    head, _, tables = settings.partition("\n[keys]")
    own = 'state = "state"\npeople = "people.toml"\n'
    path.write_text(f"{head}{own}\n[keys]{tables}{REST}", encoding="utf-8")
    config = device_config.load(path)
    signer = choice.load(config.keys.key, config.keys.token, config.keys.record)
    assert (signer.record.holder, signer.record.alg) == ("m-1", "es256")
    assert isinstance(signer, pkcs11.Pkcs11Signer)
    signer.close()
    assert tomllib.loads(settings)["broker"]["pinned"] is True
    assert not (out / "m-1-1.key").exists()


def test_gateway_signs_with_the_token_that_its_configuration_names(
    tmp_path: Path, tokens: Any
) -> None:
    place = Place(tmp_path)
    place.found()
    record = tmp_path / "gw-1-2.json"
    pkcs11.create(tokens.options, record, "ed25519", holder="gw-1", role="gateway",
                  township=TOWNSHIP, epoch=2, domain="sim")  # fmt: skip
    (tmp_path / "trusted" / record.name).write_bytes(record.read_bytes())
    options = tokens.options
    token = (
        f'token = {{ module = "{options.module}", token = "{options.token}", '
        f'key = "{options.key}", pin_file = "{options.pin_file}" }}'
    )
    text = place.config.read_text(encoding="utf-8").replace('signer = "gateway.key"', token, 1)
    place.config.write_text(text.replace("gw-1-1.json", record.name, 1), encoding="utf-8")

    keys = wiring.load_keys(load(place.config))

    assert isinstance(keys.signer, pkcs11.Pkcs11Signer)
    assert keys.signer.record.epoch == 2
    keys.signer.close()
