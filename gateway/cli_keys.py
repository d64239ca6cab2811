"""seal-gateway's commands about keys: found a log, let machines in, shut them out, agree."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from gateway.cli_tools import CONFIG, exits
from gateway.config import load
from ledger import keyacts
from ledger.cli_types import DIVISION, IDENTIFIER
from ledger.keyacts import Draft, FoundingDraft
from ledger.messages import KeyRecord
from ledger.signers import choice, keyfile

if TYPE_CHECKING:
    from gateway.renewing import OwnRole

FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


def register(main: click.Group) -> None:
    """Add these commands to seal-gateway."""
    for command in (
        county_keygen, found, county_agree, enrol_code, enrol_request, enter_key, renew_key,
        revoke_key,
    ):  # fmt: skip
        main.add_command(command)


@click.command("county-keygen")
@click.option("--id", "holder", required=True, type=IDENTIFIER, help="County id.")
@click.option("--township", required=True, type=DIVISION, help="Division code of the county.")
@click.option("--domain", type=click.Choice(["sim", "field"]), required=True)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@exits
def county_keygen(holder: str, township: str, domain: str, out: Path) -> None:
    """Make the county's key, on the county's computer: OUT/county.key and its record."""
    record = out / f"{holder}-1.json"
    fields = {"holder": holder, "township": township, "domain": domain, "epoch": 1}
    keyfile.create(out / "county.key", record, role="county", **fields)
    click.echo(f"{record}: carry this record to the townships; the key stays here")


@click.command()
@CONFIG
@click.option("--county", required=True, type=EXISTING, help="The county's key record.")
@click.option("--out", required=True, type=FILE)
@exits
def found(config_path: Path, county: Path, out: Path) -> None:
    """Write the founding of a new log into OUT, for the county to agree to."""
    config = load(config_path)
    signer = choice.load(config.signer, config.token, config.signer_record)
    text, nonce = keyacts.text(keyfile.read_record(county)), secrets.token_hex(32)
    draft = FoundingDraft(
        gateway_key=keyacts.text(signer.record),
        county_key=text,
        nonce=nonce,
        by_gateway="A" * 86 + "==",
    )
    draft = structs.replace(draft, by_gateway=keyacts.statement(draft).sign(signer))
    keyacts.newcomer(draft)
    keyfile.write_durable(out, keyacts.encode(draft))
    click.echo(f"{out}: carry it to the county's computer for seal-gateway county-agree")


@click.command("county-agree")
@click.option("--key", required=True, type=EXISTING, help="The county's private key.")
@click.option("--record", required=True, type=EXISTING, help="The county's key record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("file", type=EXISTING)
@click.argument("out", type=FILE)
@exits
def county_agree(key: Path, record: Path, yes: bool, file: Path, out: Path) -> None:
    """Agree, as the county, to the founding, enrolment or rotation in FILE; write it into OUT."""
    draft = keyacts.decode(file.read_bytes())
    agreed = keyacts.agree(draft, keyfile.load(key, record))
    click.echo(_outline(draft))
    if not yes:
        click.confirm("Does the county agree?", abort=True)
    keyfile.write_durable(out, keyacts.encode(agreed))
    click.echo(f"{out}: carry it back to the township")


@click.command("enrol-code")
@CONFIG
@click.option("--machine", required=True, help="Machine id, as the configuration names it.")
@exits
def enrol_code(config_path: Path, machine: str) -> None:
    """Issue the one-time code with which a machine enrols; it is shown once."""
    from gateway import local

    config = load(config_path)
    click.echo(local.issue_code(config, machine))
    click.echo(
        f"{machine}: type it there into seal-device enrol within {config.door.code_hours} h; it "
        "is not kept",
        err=True,
    )


@click.command("enrol-request")
@CONFIG
@click.option("--machine", required=True)
@click.option("--out", required=True, type=FILE)
@exits
def enrol_request(config_path: Path, machine: str, out: Path) -> None:
    """Write the request of a machine that waits for the county into OUT."""
    from gateway import local

    draft = local.enrolling(load(config_path)).waiting(machine)
    keyfile.write_durable(out, keyacts.encode(draft))
    click.echo(f"{_outline(draft)}\n{out}: carry it to the county's computer")


@click.command("enter-key")
@CONFIG
@click.argument("file", type=EXISTING)
@exits
def enter_key(config_path: Path, file: Path) -> None:
    """Enter the enrolment or rotation in FILE, to which the county has agreed, into the log."""
    from gateway import local
    from gateway.commands_keys import AgreeKey

    command = AgreeKey(by=local.operator(), draft=file.read_bytes())
    click.echo(f"entry {local.carry_out(load(config_path), command)}")


@click.command("renew-key")
@CONFIG
@click.option("--role", type=click.Choice(["gateway", "log"]), required=True, help="Whose key.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--lost", is_flag=True, help="The old key is lost or in other hands.")
@exits
def renew_key(config_path: Path, role: OwnRole, out: Path, lost: bool) -> None:
    """Make a new key of the gateway or the log in OUT, and the request to let it take over."""
    from gateway import renewing

    made = renewing.renew(load(config_path), role, out, lost=lost)
    if made.key is None:
        click.echo(
            f"{made.request}: the log does not name this key yet; have the county agree to that, "
            "enter-key, then run this command again"
        )
        return
    click.echo(
        f"{made.request}: carry it to the county for its agreement; then stop the gateway\n"
        f"{made.key}, {made.record}: put them into the configuration as signer and signer_record"
        f"{' of [log]' if role == 'log' else ''}, copy the record to the trusted keys, enter-key, "
        "start"
    )


@click.command("revoke-key")
@CONFIG
@click.option("--machine", required=True)
@click.option("--last-seq", type=click.IntRange(min=0), help="Default: the last in the log.")
@click.option("--reason", required=True, help="A word such as machine-lost or key-copied.")
@exits
def revoke_key(config_path: Path, machine: str, last_seq: int | None, reason: str) -> None:
    """End a machine's key now: what it signs after its last valid entry counts no more."""
    from gateway import local
    from gateway.commands_keys import RevokeKey

    command = RevokeKey(by=local.operator(), machine=machine, last_seq=last_seq, reason=reason)
    click.echo(f"entry {local.carry_out(load(config_path), command)}")


def _outline(draft: Draft) -> str:
    """Return what a person has to compare before agreeing."""
    record: KeyRecord = keyacts.newcomer(draft).record
    lines = [
        f"{keyacts.act(draft)}: {record.role} {record.holder}, epoch {record.epoch}, township "
        f"{record.township}, {record.domain} domain",
        f"key id: {keyacts.newcomer(draft).keyid}",
        f"statement: {keyacts.statement(draft).sha256}",
    ]
    return "\n".join(lines)
