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
_PASSWORDS = {"accounts": "passwords", "passwords": "broker"}
LISTS_FROM = "2026-01-01"


class CommandError(SimError):
    """A command that was to prepare the township refused."""

    code = "command"
    hint = "It says above what it expected."


def write_gateway(plan: Plan, *, founded: bool = False) -> None:
    """Make the gateway's keys, the trust of all in them, and its configuration.

    Args:
        founded: the log begins with its keys and machines enrol; else everybody trusts the
            folder of key records, and the broker knows its clients by passwords.
    """
    folder = plan.gateway_folder
    for one in (folder, plan.trusted):
        one.mkdir(mode=0o700, parents=True)
    _keygen("gateway", GATEWAY, folder, plan.trusted)
    for name in () if founded else (GATEWAY, *(one.machine for one in plan.villages)):
        password = secrets.token_urlsafe(24).encode()
        keyfile.write_durable(folder / "broker" / f"{name}.password", password, keyfile.PRIVATE)
    broker = {"port": plan.broker_port} if founded else {**_PASSWORDS, "port": plan.broker_port}
    tables = [
        ("", {**_gateway_fields(), **({"founding": "founding.json"} if founded else {})}),
        ("log", _log_fields()),
        ("broker", broker),
        ("web", {"port": plan.console_port}),
        ("eyes", {"on": plan.eyes, "read": plan.reads}),
        *(("[villages]", _village_fields(one)) for one in plan.villages),
        *(("[machines]", _machine_fields(one)) for one in plan.villages),
    ]
    plan.gateway_config.write_text(_toml(tables), encoding="utf-8")
    if founded:
        _found(plan)


def enrol(plan: Plan, village: Village, door: str) -> None:
    """Let a village's machine in, as people do: code, machine, county, machine again.

    Args:
        door: the gateway's address for machines.
    """
    from device.cli import main as device
    from gateway.cli import main as gateway

    config, folder = ("--config", str(plan.gateway_config)), plan.device_folder(village)
    machine = ("--machine", village.machine)
    code = run_command(gateway, "enrol-code", *config, *machine).strip()
    words = ("--gateway", door, "--code", code, "--out", str(folder))
    with contextlib.suppress(CommandError):  # the county has not agreed yet
        run_command(device, "enrol", *words)
    request, agreed = folder / "request.json", folder / "agreed.json"
    run_command(gateway, "enrol-request", *config, *machine, "--out", str(request))
    run_command(gateway, "county-agree", *_county(plan), "--yes", str(request), str(agreed))
    run_command(gateway, "enter-key", *config, str(agreed))
    run_command(device, "enrol", *words)


def _found(plan: Plan) -> None:
    from gateway.cli import main

    folder, draft = plan.folder / "county", plan.gateway_folder / "founding-draft.json"
    words = ("--id", "county", "--township", COUNTY, "--domain", "sim", "--out", str(folder))
    run_command(main, "county-keygen", *words)
    config = ("--config", str(plan.gateway_config))
    record = str(folder / "county-1.json")
    run_command(main, "found", *config, "--county", record, "--out", str(draft))
    founding = str(plan.gateway_folder / "founding.json")
    run_command(main, "county-agree", *_county(plan), "--yes", str(draft), founding)


def _county(plan: Plan) -> tuple[str, ...]:
    folder = plan.folder / "county"
    return "--key", str(folder / "county.key"), "--record", str(folder / "county-1.json")


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


def write_device(
    plan: Plan, village: Village, machine: Mapping[str, str], broker_url: str, door: str = ""
) -> None:
    """Write an agent's configuration.

    Args:
        machine: the first line of its simulated machine.
        broker_url: where this agent reaches the broker.
        door: where it has enrolled; "": it works with keys of `write_device_keys`.
    """
    controller: dict[str, Any] = {"port": machine["serial"], "stroke_ms": STROKE_MS}
    if village.profile == "B":
        controller["machine_key"] = machine["machine_key"]
    tables: list[tuple[str, Mapping[str, Any]]] = [
        ("", _device_fields(plan, village)),
        ("keys", _enrolled_keys(village) if door else _key_fields(plan, village)),
        ("log", {"domain": LOG_DOMAIN, "county": COUNTY}),
        *(("[seal]", one) for one in _seals(village)),
        ("controller", {"driver": "mcu" if village.profile == "B" else "relay"}),
        ("controller", {"options": controller, "window_s": WINDOW_S}),
        ("camera", {"driver": "opencv", "options": {"source": machine["camera"]}}),
        ("reader", {"driver": "sim.reader", "options": {"port": machine["reader"]}}),
        ("panel", {"driver": "sim.panel", "options": {"control": machine["control"]}}),
        ("clock", {"driver": "sim.clock", "options": {"offset_file": machine["clock"]}}),
        ("broker", {"url": broker_url, **_account(plan, village, door)}),
        ("kiosk", {"port": village.kiosk_port, "idle_s": IDLE_S}),
    ]
    plan.device_config(village).write_text(_toml(tables), encoding="utf-8")


def _seals(village: Village) -> list[dict[str, Any]]:
    if not village.seals:
        return [{"id": SEAL, "name": f"{village.name}村民委员会"}]
    return [
        {"id": one.id, "name": one.name, "unit": unit, "matters": list(one.matters)}
        for unit, one in enumerate(village.seals, start=1)
    ]


def add_accounts(plan: Plan) -> None:
    """Make every account with `seal-gateway account add`; a running gateway is asked to."""
    from gateway.cli import main

    secret = plan.folder / "password"
    for person in plan.people:
        secret.write_text(person.password, encoding="utf-8")
        words = ["account", "add", person.account, "--name", person.name]
        words += ["--office", person.office, "--password-file", str(secret)]
        words += ["--village", person.village] if person.village else []
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


def verify_public_log(plan: Plan) -> None:
    """Check the public files as the county does: `seal-verify`, with keys from another place.

    Raises:
        CommandError: something does not hold; it says what.
    """
    from ledger.cli import main

    trust = plan.folder / "county" / "trusted"
    shutil.copytree(plan.trusted, trust, dirs_exist_ok=True)
    shutil.copy(plan.folder / "county" / "county-1.json", trust)
    public = plan.gateway_folder / "public"
    run_command(main, "log", str(public), "--keys", str(trust), "--lang", "en")


def run_command(command: click.Command, *words: str) -> str:
    """Run a command as if its words were typed, and return what it printed.

    Raises:
        CommandError: it did not end with 0.
        KeyboardInterrupt: it was interrupted.
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
        except click.Abort as abort:  # click's word for Ctrl-C
            raise KeyboardInterrupt from abort
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
    seals = [one.id for one in village.seals] or [SEAL]
    return {"id": village.machine, "village": village.code, "seals": seals, "keepers": keepers}


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


def _enrolled_keys(village: Village) -> dict[str, Any]:
    name = f"{village.machine}-1"
    keys = {"key": f"{name}.key", "record": f"{name}.json", "reference": f"{name}-reference.key"}
    return {**keys, "trusted": "trusted"}


def _account(plan: Plan, village: Village, door: str) -> dict[str, Any]:
    """Return how an agent is known to the broker."""
    if not door:
        password = plan.gateway_folder / "broker" / f"{village.machine}.password"
        return {"username": village.machine, "password_file": str(password)}
    files = {"ca_file": "ca.pem", "cert_file": "link.pem", "key_file": "link.key"}
    return {**files, "pinned": True, "door": door}


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
