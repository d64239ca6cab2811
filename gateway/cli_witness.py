"""The township's commands for a witness without a network: a request out, an answer back."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli_tools import CONFIG, exits
from gateway.config import load

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("witness-request")
@CONFIG
@click.option("--witness", "name", help="Its name; default: the only one without a url.")
@click.option("--from", "old", type=click.IntRange(min=0), help="The size that the witness knows.")
@click.argument("request", type=click.Path(dir_okay=False, path_type=Path))
@exits
def witness_request(config_path: Path, name: str | None, old: int | None, request: Path) -> None:
    """Write into REQUEST what a witness without network should cosign."""
    from gateway import witness_files

    size = witness_files.request(load(config_path), name, old, request)
    click.echo(f"{request}: {size} entries; there: seal-gateway cosign REQUEST ANSWER")


@click.command("witness-answer")
@CONFIG
@click.argument("request", type=_FILE)
@click.argument("answer", type=_FILE)
@exits
def witness_answer(config_path: Path, request: Path, answer: Path) -> None:
    """Keep and publish the cosignature in ANSWER that a witness gave to REQUEST."""
    from gateway import witness_files

    size = witness_files.answer(load(config_path), request, answer)
    click.echo(f"cosigned at {size} entries")
