"""The configurations of the documentation: each is taken as it stands there by its program."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main as device
from gateway.ca import open_authority
from gateway.cli import main as gateway
from hardware import loader

ROOT = Path(__file__).resolve().parents[1]
TOWNSHIP = ("--township", "420625103000", "--domain", "sim")


def toml_block(page: str, heading: str) -> str:
    """Return the first TOML block of a page after a heading."""
    text = (ROOT / page).read_text(encoding="utf-8")
    after = text[text.index(f"\n## {heading}\n") :]
    found = re.search(r"```toml\n(.*?)```", after, re.DOTALL)
    assert found is not None, f"expected a configuration under {heading} in {page}"
    return found.group(1)


def run(command: object, *words: object) -> Result:
    assert command in (device, gateway)
    return CliRunner().invoke(command, [str(word) for word in words])  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the two configurations name, made by the documented commands."""
    for name, command, holder in (
        ("machine", device, "m-qingxi"),
        ("township", gateway, "gw-qingxi"),
    ):
        made = run(command, "keygen", "--id", holder, *TOWNSHIP, "--out", tmp_path / name)
        assert made.exit_code == 0, made.output
    for place in ("machine", "township"):
        trusted = tmp_path / place / "trusted"
        trusted.mkdir()
        for record in tmp_path.glob("*/*.json"):
            shutil.copy(record, trusted)
    return tmp_path


def test_the_machines_configuration_is_taken_as_documented(folder: Path) -> None:
    place = folder / "machine"
    (place / "device.toml").write_text(toml_block("docs/commands.md", "The machine: seal-device"))
    (place / "people.toml").write_text("")
    keys = place / "keys"
    keys.mkdir()
    for name in ("device.key", "reference.key", "m-qingxi-1.json"):
        shutil.move(place / name, keys / name)
    link = open_authority(folder / "ca", "gw-qingxi").own("gw-qingxi", "client")
    for source, name in ((link.ca, "ca.pem"), (link.cert, "link.pem"), (link.key, "link.key")):
        shutil.copy(source, place / name)

    result = run(device, "check-config", "--config", place / "device.toml")

    assert result.exit_code == 0, result.output


def test_the_gateways_configuration_is_taken_as_documented(folder: Path) -> None:
    place = folder / "township"
    (place / "gateway.toml").write_text(
        toml_block("docs/commands.md", "The township: seal-gateway")
    )

    result = run(gateway, "check-config", "--config", place / "gateway.toml")

    assert result.exit_code == 0, result.output


def test_the_parts_of_the_wiring_guide_are_drivers_of_ours() -> None:
    parts = tomllib.loads(toml_block("hardware/WIRING.md", "Configuration"))

    assert set(parts) == {"controller", "camera", "reader", "panel"}
    for kind, part in parts.items():
        loader.check_options(kind, part["driver"], part["options"])
