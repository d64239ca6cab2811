"""seal-gateway policy: check a policy file, draft it for another person's release, show it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli_tools import CONFIG, REFUSED, exits
from gateway.config import GatewayConfig, load

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True
)


@click.group()
def policy() -> None:
    """Approval policy: who must agree to what."""


@policy.command()
@click.argument("file", type=EXISTING)
@LANGUAGE
@exits
def check(file: Path, language: Any) -> None:
    """Say what FILE (TOML) asks for, or what is wrong in it, line by line."""
    from gateway import policy_lines

    for line in policy_lines.table(_read(file), language):
        click.echo(line)


@policy.command()
@CONFIG
@click.argument("file", type=EXISTING)
@click.option("--from", "from_date", required=True, help="First day in force, YYYY-MM-DD.")
@click.option("--by", required=True, help="Account of the person who drafts it.")
@click.option("--password-file", type=EXISTING, help="Without it the password is asked for.")
@exits
def draft(
    config_path: Path, file: Path, from_date: str, by: str, password_file: Path | None
) -> None:
    """Draft FILE; another person releases it on the console."""
    from gateway import local
    from gateway.commands import DraftPolicy

    _read(file)
    config = load(config_path)
    check_person(config, by, password_file)
    command = DraftPolicy(by=by, file=file.read_bytes(), from_date=from_date)
    version = local.carry_out(config, command)
    click.echo(f"version {version}: another person releases it on the console")


@policy.command()
@CONFIG
@click.option("--matter", default="", help="What would a request for this item need?")
@click.option("--amount", default="", help="Its amount in yuan.")
@click.option("--payee", default="")
@click.option("--village", default="", help="12-digit division code; default: the first one.")
@LANGUAGE
@exits
def show(
    config_path: Path, matter: str, amount: str, payee: str, village: str, language: Any
) -> None:
    """Print the policy in force and the drafts that wait, or what a request would need."""
    from gateway import policy_lines
    from gateway.policy_lines import Question

    question = Question(matter=matter, amount=amount, payee=payee, village=village)
    for line in policy_lines.show(load(config_path), language, question if matter else None):
        click.echo(line)


def check_person(config: GatewayConfig, by: str, password_file: Path | None) -> None:
    """Return if the person at the command line knows the account's password.

    Raises:
        NotAllowedError: he does not.
    """
    from gateway import policy_lines

    if password_file is None:
        password = click.prompt("Password", hide_input=True)
    else:
        password = password_file.read_text(encoding="utf-8").strip()
    policy_lines.check_password(config, by, password)


def _read(file: Path) -> Any:
    """Return the policy of a file; print what is wrong in it and end."""
    from gateway.desk import policy_file
    from gateway.desk.policy_table import PolicyFileError

    try:
        return policy_file.read(file.read_bytes())
    except PolicyFileError as error:
        for problem in error.problems:
            click.echo(f"{problem.zh}\n  {problem.en}", err=True)
        sys.exit(REFUSED)
