"""The files of a simulated township: keys, passwords, people and configuration.

Keys, accounts and lists are made by the very commands that people type, called in this process
(their start alone would cost seconds).
"""

from __future__ import annotations

import contextlib
import io
import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import click

from ledger.signers import keyfile
from sim.errors import SimError
from sim.mechanics import HAND_HOLD_MS, HAND_TRAVEL_MS
from sim.township_plan import Plan, Village

TOWNSHIP, TOWNSHIP_NAME = "420625103000", "清溪镇"
COUNTY, LOG_DOMAIN = "420625000000", "seal.qingxi.example"
PROVINCE, CITY = "湖北省", "襄阳市"
WINDOW, WINDOW_PHONE = "清溪镇便民服务中心三号窗口", "0710-0000000"
GATEWAY = "gateway-qingxi"
SEAL = "committee"
# A visitor presses the lever on another page than the one that says "press now".
WINDOW_S = 8.0
STROKE_MS = 2 * HAND_TRAVEL_MS + HAND_HOLD_MS  # as measured at commissioning
PHOTO_PATIENCE_S = 6.0
IDLE_S = 900
FREE_MB = 50
LISTS: tuple[tuple[str, str, str, str], ...] = (
    # file, layer, place, codes
    ("negative-items.csv", "national", "全国", ""),
    ("negative-items-regional.csv", "province", PROVINCE, "HB"),
    ("negative-items-regional.csv", "county", CITY, "XY"),
    ("approved-items-example.csv", "township", TOWNSHIP_NAME, "CM"),
)
LISTS_FROM = "2026-01-01"


class CommandError(SimError):
    """A command that was to prepare the township refused."""

    code = "command"
    hint = "It says above what it expected."


def write_gateway(plan: Plan) -> None:
    """Make the gateway's keys, the trust of all in them, and its configuration."""
    folder = plan.gateway_folder
    for one in (folder, plan.trusted):
        one.mkdir(mode=0o700, parents=True)
    _keygen("gateway", GATEWAY, folder, plan.trusted)
    for name in (GATEWAY, *(one.machine for one in plan.villages)):
        password = secrets.token_urlsafe(24).encode()
        keyfile.write_durable(folder / "broker" / f"{name}.password", password, keyfile.PRIVATE)
    tables = [
        ("", _gateway_fields()),
        ("log", _log_fields()),
        ("broker", {"port": plan.broker_port, "accounts": "passwords", "passwords": "broker"}),
        ("web", {"port": plan.console_port}),
        *(("[villages]", _village_fields(one)) for one in plan.villages),
        *(("[machines]", _machine_fields(one)) for one in plan.villages),
    ]
    plan.gateway_config.write_text(_toml(tables), encoding="utf-8")


def write_device_keys(plan: Plan, village: Village) -> None:
    """Make a device's keys and let everybody trust its record."""
    _keygen("device", village.machine, plan.device_folder(village), plan.trusted)


def write_people(plan: Plan, village: Village) -> None:
    """Write who may sign in at a machine."""
    from argon2 import PasswordHasher

    clerk = {
        "account": village.clerk,
        "name": village.clerk_name,
        "card": village.card,
        "pin_hash": PasswordHasher().hash(village.pin),
    }
    path = plan.device_folder(village) / "people.toml"
    path.write_text(_toml([("[person]", clerk)]), encoding="utf-8")


def write_device(plan: Plan, village: Village, machine: Mapping[str, str], broker_url: str) -> None:
    """Write an agent's configuration.

    Args:
        machine: the first line of its simulated machine.
        broker_url: where this agent reaches the broker.
    """
    controller: dict[str, Any] = {"port": machine["serial"], "stroke_ms": STROKE_MS}
    if village.profile == "B":
        controller["machine_key"] = machine["machine_key"]
    password = plan.gateway_folder / "broker" / f"{village.machine}.password"
    tables: list[tuple[str, Mapping[str, Any]]] = [
        ("", _device_fields(plan, village)),
        ("keys", _key_fields(plan, village)),
        ("log", {"domain": LOG_DOMAIN, "county": COUNTY}),
        ("[seal]", {"id": SEAL, "name": f"{village.name}村民委员会"}),
        ("controller", {"driver": "mcu" if village.profile == "B" else "relay"}),
        ("controller", {"options": controller, "window_s": WINDOW_S}),
        ("camera", {"driver": "opencv", "options": {"source": machine["camera"]}}),
        ("reader", {"driver": "sim.reader", "options": {"port": machine["reader"]}}),
        ("panel", {"driver": "sim.panel", "options": {"control": machine["control"]}}),
        ("clock", {"driver": "sim.clock", "options": {"offset_file": machine["clock"]}}),
        ("broker", {"url": broker_url, "username": village.machine}),
        ("broker", {"password_file": str(password)}),
        ("kiosk", {"port": village.kiosk_port, "idle_s": IDLE_S}),
    ]
    plan.device_config(village).write_text(_toml(tables), encoding="utf-8")


def add_accounts(plan: Plan) -> None:
    """Make every account with `seal-gateway account add`; a running gateway is asked to."""
    from gateway.cli import main

    secret = plan.folder / "password"
    for person in plan.people:
        secret.write_text(person.password, encoding="utf-8")
        words = ["account", "add", person.account, "--name", person.name]
        words += ["--office", person.office, "--password-file", str(secret)]
        run_command(main, *words, "--config", str(plan.gateway_config))
    secret.unlink()


def import_lists(plan: Plan) -> None:
    """Import the example lists with `seal-gateway list import`."""
    from gateway.cli import main

    for file, layer, place, codes in LISTS:
        with resources.as_file(resources.files("gateway") / "data" / file) as path:
            words = ["list", "import", str(path), "--layer", layer, "--place", place]
            words += ["--from", LISTS_FROM, "--codes", codes]
            run_command(main, *words, "--config", str(plan.gateway_config))


def run_command(command: click.Command, *words: str) -> str:
    """Run a command as if its words were typed, and return what it printed.

    Raises:
        CommandError: it did not end with 0.
    """
    said, complained = io.StringIO(), io.StringIO()
    status: object = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            command.main(list(words), standalone_mode=False)
        except SystemExit as ended:
            status = ended.code
        except click.ClickException as error:
            status = error.format_message()
    if status not in (0, None):
        raise CommandError(f"`{' '.join(words[:3])}` done", f"{status}: {complained.getvalue()}")
    return said.getvalue()


def _keygen(party: Literal["device", "gateway"], holder: str, folder: Path, trusted: Path) -> None:
    if party == "device":
        from device.cli import main
    else:
        from gateway.cli import main
    words = ("--id", holder, "--township", TOWNSHIP, "--domain", "sim", "--out", str(folder))
    run_command(main, "keygen", *words)
    for record in folder.glob(f"{holder}-*.json"):
        shutil.copy(record, trusted)


def _gateway_fields() -> dict[str, Any]:
    return {
        "id": GATEWAY,
        "domain": "sim",
        "township": TOWNSHIP,
        "township_name": TOWNSHIP_NAME,
        "window": WINDOW,
        "window_phone": WINDOW_PHONE,
        "state": "state",
        "signer": "gateway.key",
        "signer_record": f"{GATEWAY}-1.json",
        "opener": "opener.key",
        "keys": "../trusted",
        "photo_floor_mb": 64,
    }


def _log_fields() -> dict[str, Any]:
    return {
        "domain": LOG_DOMAIN,
        "county": COUNTY,
        "signer": "log.key",
        "signer_record": f"{GATEWAY}-1-log.json",
        "public": "public",
    }


def _village_fields(village: Village) -> dict[str, Any]:
    where = {"province": PROVINCE, "county": CITY, "township": TOWNSHIP_NAME}
    return {"code": village.code, "name": village.name, **where}


def _machine_fields(village: Village) -> dict[str, Any]:
    keepers = [f"keeper-{village.number}"]
    return {"id": village.machine, "village": village.code, "seals": [SEAL], "keepers": keepers}


def _device_fields(plan: Plan, village: Village) -> dict[str, Any]:
    return {
        "device": village.machine,
        "township": TOWNSHIP,
        "village": village.code,
        "village_name": village.name,
        "domain": "sim",
        "state": "state",
        "people": "people.toml",
        "free_mb": FREE_MB,
        "photo_patience_s": PHOTO_PATIENCE_S,
    }


def _key_fields(plan: Plan, village: Village) -> dict[str, Any]:
    record = f"{village.machine}-1.json"
    trusted = str(plan.trusted)
    return {"key": "device.key", "record": record, "reference": "reference.key", "trusted": trusted}


def _toml(tables: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return tables as TOML; a name in brackets is one of an array of tables."""
    lines: list[str] = []
    last = ""
    for name, fields in tables:
        if name and (name != last or name.startswith("[")):
            lines.append(f"\n[{name}]")
        last = name
        lines += [f"{key} = {_value(value)}" for key, value in fields.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)  # a TOML string, number or array as well
