"""Keys and configuration of a served township, in a folder."""

from __future__ import annotations

from pathlib import Path

from gateway.config import GatewayConfig, load
from ledger.signers import keyfile
from tests.gateway.key_acts import in_the_field

TOWNSHIP = "330182107000"
HERE = Path(__file__).parent


def make_keys(folder: Path, domain: str, township: str, names: tuple[str, str]) -> str:
    trusted = folder / "keys"
    trusted.mkdir()
    common = {"township": township, "epoch": 1, "domain": domain}
    devices = [(name, "device") for name in names]
    for name, role in (("gw-1", "gateway"), ("log", "log"), *devices):
        holder = "gw-1" if role == "log" else name
        keyfile.create(
            folder / f"{name}.pem", folder / f"{name}.json", holder=holder, role=role, **common
        )
        (trusted / f"{name}.json").write_bytes((folder / f"{name}.json").read_bytes())
    return keyfile.create_opener(
        folder / "opener.key", trusted / "opener.json", holder="gw-1", role="gateway", **common
    ).public_key


def write_config(folder: Path, domain: str, township: str, names: tuple[str, str]) -> GatewayConfig:
    text = (HERE / "gateway.toml").read_text(encoding="utf-8")
    text = text.replace(TOWNSHIP[:9], township[:9])
    text = text.replace('"m-1"', f'"{names[0]}"').replace('"m-2"', f'"{names[1]}"')
    path = folder / "gateway.toml"
    path.write_text(in_the_field(folder, text) if domain == "field" else text, encoding="utf-8")
    return load(path)
