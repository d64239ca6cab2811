"""seal-gateway: the gateway's commands; each parses, loads the configuration, calls one function.

Exit codes: 0 done, 1 refused, 2 usage, 3 hardware, 4 evidence does not verify, 5 unreachable.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from gateway import cli_keys
from gateway.cli_policy import check_person, policy
from gateway.cli_restore import backup, restore
from gateway.cli_tools import CONFIG, EVIDENCE, REFUSED, exits
from gateway.cli_witness import witness_answer, witness_request
from gateway.config import load
from gateway.witness.cli import cosign, monitor, witness, witness_check, witness_keygen
from ledger.cli_types import DIVISION, IDENTIFIER
from ledger.signers import keyfile
from ledger.signers.second import Algorithm


@click.group()
@click.version_option(package_name="sealkeeper")
def main() -> None:
    """The township's gateway: requests, permits, the log, and its console."""


@main.command()
@click.option("--id", "holder", required=True, type=IDENTIFIER, help="Gateway id.")
@click.option("--township", required=True, type=DIVISION, help="Division code.")
@click.option("--domain", type=click.Choice(["sim", "field"]), required=True)
@click.option(
    "--epoch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Counts renewals of the keys.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--second", type=click.Choice(["sm2"]), help="Second keys beside them (sm extra).")
@exits
def keygen(
    holder: str, township: str, domain: str, epoch: int, out: Path, second: Algorithm | None
) -> None:
    """Make the gateway's keys: OUT/gateway.key, log.key, opener.key, and their records."""
    common = {"holder": holder, "township": township, "domain": domain, "epoch": epoch}
    record, kind = out / f"{holder}-{epoch}.json", keyfile.Kind(second=second)
    log = out / f"{holder}-{epoch}-log.json"
    opener = out / f"{holder}-{epoch}-opener.json"
    keyfile.create(out / "gateway.key", record, kind, role="gateway", **common)
    keyfile.create(out / "log.key", log, kind, role="log", **common)
    keyfile.create_opener(out / "opener.key", opener, role="gateway", **common)
    click.echo(f"{record}, {log}, {opener}: copy these records into every folder of trusted keys")


@main.command("check-config")
@CONFIG
@exits
def check_config(config_path: Path) -> None:
    """Load everything the configuration names without acting."""
    from gateway import founding, wiring, witnesses  # slow imports, and keygen needs none of them
    from gateway.audit import alerts
    from gateway.web import passkey_checks

    config = load(config_path)
    wiring.load_keys(config)
    if config.founding is not None:
        founding.read(config.founding)
    if config.web.passkeys is not None:
        passkey_checks.require_package()
    rules = alerts.load(config.rules)
    found = witnesses.configured(config.log)
    click.echo(
        f"{config_path}: {config.id} in {config.township_name}, {config.domain} domain, "
        f"{len(config.villages)} villages, {len(config.machines)} machines, "
        f"{len(rules)} alert rules, {len(found)} witnesses: all good"
    )


@main.command()
@CONFIG
@exits
def run(config_path: Path) -> None:
    """Run the gateway until SIGTERM; prints one JSON line with its addresses."""
    import msgspec

    from gateway import app
    from ledger import logs

    logs.configure()
    os.umask(0o077)  # everything that the gateway writes is for its own user
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server = app.Server(load(config_path))
    server.run(stopping, lambda at: click.echo(msgspec.json.encode(at).decode()))


@main.command()
@CONFIG
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@exits
def export(config_path: Path, folder: Path) -> None:
    """Write the township's log into FOLDER as plain files."""
    from gateway import exporting, wiring
    from gateway.stores import sqlite

    config = load(config_path)
    keys = wiring.load_keys(config)
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        count = exporting.export(config, store, keys.signer, folder)
    finally:
        store.close()
    click.echo(f"{folder}: {count} entries")


@main.command("import-device")
@CONFIG
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@exits
def import_device(config_path: Path, folder: Path) -> None:
    """Hand the log that seal-device export wrote into FOLDER to the running gateway.

    For a machine without network; each record is checked as if the machine had sent it.
    """
    from gateway import importing

    report = importing.bring(load(config_path), folder)
    for line in report.lines():
        click.echo(line)
    if report.wrong:
        sys.exit(EVIDENCE)
    if report.incomplete:
        sys.exit(REFUSED)


@main.command("export-release")
@CONFIG
@click.argument("hold")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@exits
def export_release(config_path: Path, hold: str, file: Path) -> None:
    """Write the signed release of HOLD (an incident's hash) into FILE, for a machine offline."""
    from gateway import exporting
    from gateway.stores import sqlite

    store = sqlite.connect(sqlite.Options(folder=load(config_path).state, writable=False))
    try:
        exporting.export_release(store, hold, file)
    finally:
        store.close()
    click.echo(f"{file}: carry it to the machine and run seal-device release")


@main.command()
@CONFIG
@click.argument("index", type=click.IntRange(min=0))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--form", type=click.Choice(["sheet", "label"]), default="sheet", show_default=True)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@exits
def label(config_path: Path, index: int, out: Path, form: Any, language: Any) -> None:
    """Write the paper of entry INDEX into OUT (HTML): an A4 sheet or a label of 50 x 30 mm."""
    from gateway import papers

    papers.of_entry(load(config_path), index, form, language, out)
    click.echo(f"{out}: open it in a browser and print it at its true size (100 %)")


@main.command("door-sheet")
@CONFIG
@click.argument("village")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@exits
def door_sheet(config_path: Path, village: str, out: Path, language: Any) -> None:
    """Write the sheet for the door of VILLAGE (12-digit code) into OUT (HTML)."""
    from gateway import papers

    papers.of_village(load(config_path), village, language, out)
    click.echo(f"{out}: print it and put it up where the township cannot change it unseen")


@main.command()
@CONFIG
@exits
def retention(config_path: Path) -> None:
    """Print how long things are kept, what is due, and what waits for a second person."""
    from gateway import local

    for line in local.retention_lines(load(config_path)):
        click.echo(line)


@main.group()
def account() -> None:
    """Accounts of the people who use the console."""


@account.command("add")
@CONFIG
@click.argument("account_id")
@click.option("--name", required=True, help="The name as people read it.")
@click.option("--person", help="The same for all accounts of one person; default: the id.")
@click.option("--office", "offices", multiple=True, help="approver, auditor, administrator ...")
@click.option("--keeps", multiple=True, help="A machine or seal that this person keeps.")
@click.option("--village", default="", help="12-digit code, for an office held in one village.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@exits
def account_add(
    config_path: Path,
    account_id: str,
    name: str,
    person: str | None,
    offices: tuple[str, ...],
    keeps: tuple[str, ...],
    village: str,
    password_file: Path | None,
) -> None:
    """Add or change an account; asks for the password without --password-file."""
    from gateway import local
    from gateway.commands import AddAccount
    from gateway.desk.accounts import hash_password

    if password_file is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = password_file.read_text(encoding="utf-8").strip()
    command = AddAccount(
        by=local.operator(),
        account=account_id,
        person=person or account_id,
        name=name,
        offices=offices,
        keeps=keeps,
        password_hash=hash_password(password),
        village=village,
    )
    local.carry_out(load(config_path), command)
    click.echo(f"{account_id}: {', '.join(offices) or 'no office'}")


@main.group("list")
def list_group() -> None:
    """Items lists: what may be stamped, must not be, or needs evidence."""


@list_group.command("import")
@CONFIG
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--layer", required=True, type=click.Choice(["national", "province", "county", "township"])
)
@click.option("--place", required=True, help="The jurisdiction, as the configuration names it.")
@click.option("--from", "from_date", required=True, help="First day in force, YYYY-MM-DD.")
@click.option("--codes", default="", help="Only rows whose code begins with this.")
@click.option("--dry-run", is_flag=True, help="Show what would change and stop.")
@click.option("--by", default="", help="Account that drafts a new version of a list that stands.")
@click.option("--password-file", type=click.Path(exists=True, path_type=Path))
@exits
def list_import(
    config_path: Path,
    file: Path,
    layer: Any,
    place: str,
    from_date: str,
    codes: str,
    dry_run: bool,
    by: str,
    password_file: Path | None,
) -> None:
    """Release FILE (CSV or .xlsx) as an authority's first list, or draft its next version."""
    from gateway import local
    from gateway.commands import DraftList, ImportList
    from gateway.desk import lists
    from gateway.desk.list_table import ListFileError

    config = load(config_path)
    data = file.read_bytes()
    try:
        data = lists.only_codes(data, codes) if codes else data
        content = lists.read_file(data, layer, place, from_date)
    except ListFileError as error:
        for row in error.rows:
            click.echo(row, err=True)
        sys.exit(REFUSED)
    for line in local.difference(config, content):
        click.echo(line)
    if dry_run:
        return
    if by:
        check_person(config, by, password_file)
        index = local.carry_out(config, DraftList(by=by, list=content, file=data))
        click.echo(f"draft, entry {index}: another person releases it on the console")
        return
    command = ImportList(by=local.operator(), list=content, file=data)
    click.echo(f"version {local.carry_out(config, command)}: {len(content.matters)} items")


@list_group.command("show")
@CONFIG
@click.argument("code_or_name")
@click.option("--village", required=True, help="12-digit division code.")
@exits
def list_show(config_path: Path, code_or_name: str, village: str) -> None:
    """Say what the list in force in a village says of an item, and why."""
    from gateway import local

    for line in local.explain(load(config_path), village, code_or_name):
        click.echo(line)


for _command in (
    witness_keygen,
    witness,
    witness_check,
    monitor,
    cosign,
    witness_request,
    witness_answer,
    backup,
    restore,
    policy,
):
    main.add_command(_command)
cli_keys.register(main)
