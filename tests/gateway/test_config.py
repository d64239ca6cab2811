"""The configuration: what is refused, and that the message says where."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import wiring
from gateway.config import load, trusted_keys
from gateway.errors import ConfigError
from ledger.signers import keyfile


@pytest.fixture
def config_path(tmp_path: Path, town: Any, write_config: Callable[..., Path]) -> Path:
    return write_config(tmp_path)


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_paths_start_at_the_files_folder(config_path: Path) -> None:
    config = load(config_path)

    assert config.state == config_path.parent / "state"
    assert config.broker.passwords == config_path.parent / "broker"
    assert config.villages[0].places == {
        "national": "全国",
        "province": "浙江省",
        "county": "萧山区",
        "township": "示例镇",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "gw-1"', 'id = "GW 1"', "$.id"),
        ('domain = "sim"', 'domain = "test"', "$.domain"),
        ("[web]", "[web]\ncolour = 1", "colour"),
        ("[web]", "[web", "gateway.toml"),
        ("floor_mb = 1\n", "floor_mb = 2\n", "photo_floor_mb"),
        ('id = "m-2"', 'id = "m-1"', "m-1"),
        ('village = "330109110201"', 'village = "330109110999"', "machines.m-1.village"),
        ('seals = ["committee"]', "seals = []", "seals"),
        ('keepers = ["keeper-1"]', "keepers = []", "keepers"),
        ('name = "甲村"', 'name = ""', "name"),
        ("[log]", '[log]\nurl = "seal.example"', "$.log.url"),
        ("[log]", '[log]\nurl = "https://seal.example/log?year=1"', "$.log.url"),
        ("[log]", '[log]\nurl = "https://seal.example/#log"', "$.log.url"),
    ],
)
def test_wrong_value_is_refused_with_its_place(
    config_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(change(config_path, old, new))

    assert said in str(caught.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a configuration"):
        load(tmp_path / "none.toml")


def test_keys_are_loaded_together(config_path: Path) -> None:
    keys = wiring.load_keys(load(config_path))

    assert keys.signer.record.holder == "gw-1"
    assert keys.ring.domain == "sim"


def test_machine_without_a_key_record_is_refused(config_path: Path) -> None:
    (config_path.parent / "trusted" / "m-2.json").unlink()

    with pytest.raises(ConfigError, match="machine m-2"):
        trusted_keys(load(config_path))


def test_field_gateway_refuses_keys_of_the_simulator(config_path: Path) -> None:
    change(config_path, 'domain = "sim"', 'domain = "field"\nfounding = "founding.json"')

    with pytest.raises(ConfigError, match="field domain"):
        wiring.load_keys(load(config_path))


def test_key_that_others_may_read_is_refused(config_path: Path) -> None:
    (config_path.parent / "gw.key").chmod(0o644)

    with pytest.raises(ConfigError, match="0600"):
        wiring.load_keys(load(config_path))


def test_opener_that_nobody_encrypts_to_is_refused(config_path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    keyfile.create_opener(
        other / "age.key",
        other / "age.json",
        epoch=1,
        holder="gw-1",
        role="gateway",
        township="330109110000",
        domain="sim",
    )
    shutil.copy(other / "age.key", config_path.parent / "age.key")

    with pytest.raises(ConfigError, match=r"age\.key"):
        wiring.load_keys(load(config_path))


def test_signer_of_another_gateway_is_refused(config_path: Path, town: Any) -> None:
    change(config_path, 'signer = "gw.key"', 'signer = "m-1.key"')
    change(config_path, 'signer_record = "gw.json"', 'signer_record = "m-1.json"')

    with pytest.raises(ConfigError, match="gateway key of gw-1"):
        wiring.load_keys(load(config_path))


def test_broker_passwords_are_made_once_for_their_owner_alone(config_path: Path) -> None:
    change(config_path, "[web]", '[broker]\naccounts = "passwords"\n\n[web]')
    config = load(config_path)

    wiring.embedded_broker(config, ("m-1", "m-2"))
    first = (config.broker.passwords / "m-1.password").read_text()
    wiring.embedded_broker(config, ("m-1", "m-2"))

    path = config.broker.passwords / "m-1.password"
    assert path.read_text() == first and len(first) >= 16
    assert path.stat().st_mode & 0o777 == 0o600
    assert {one.name for one in config.broker.passwords.iterdir()} == {
        "gw-1.password",
        "m-1.password",
        "m-2.password",
    }


def test_open_broker_password_is_refused(config_path: Path) -> None:
    change(config_path, "[web]", '[broker]\naccounts = "passwords"\n\n[web]')
    config = load(config_path)
    wiring.embedded_broker(config, ("m-1", "m-2"))
    (config.broker.passwords / "m-1.password").chmod(0o644)

    with pytest.raises(ConfigError, match="0600"):
        wiring.embedded_broker(config, ("m-1", "m-2"))


def test_passwords_are_refused_where_they_would_travel_in_clear(config_path: Path) -> None:
    change(config_path, "[web]", '[broker]\naccounts = "passwords"\nlisten = "0.0.0.0"\n\n[web]')

    with pytest.raises(ConfigError, match="loopback"):
        load(config_path)


def test_embedded_broker_asks_for_certificates_unless_told_otherwise(config_path: Path) -> None:
    config = load(config_path)

    options = wiring.bus_options(config, "mqtts://127.0.0.1:8883")

    assert (options.password_file, options.pinned) == (None, True)
    assert options.key is not None and options.key.stat().st_mode & 0o777 == 0o600


def test_field_gateway_without_a_founding_is_refused(config_path: Path) -> None:
    change(config_path, 'domain = "sim"', 'domain = "field"')

    with pytest.raises(ConfigError, match="founding"):
        load(config_path)
