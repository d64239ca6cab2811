"""The witness's commands: keys, the service, and the same by file for places without network."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import click

from gateway.cli_tools import CONFIG, REFUSED, exits
from ledger import notes
from ledger.errors import LedgerError
from ledger.signers import keyfile


@click.command("witness-keygen")
@click.option("--id", "holder", required=True, help="Witness id, [a-z0-9-]{1,40}.")
@click.option("--name", required=True, help="Name to cosign under: domain/path, no spaces.")
@click.option("--township", required=True, help="12-digit division code, also of a county.")
@click.option("--domain", type=click.Choice(["sim", "field"]), required=True)
@click.option("--epoch", default=1, show_default=True, help="Counts renewals of the key.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--alg",
    type=click.Choice(["ed25519", "ml-dsa-44"]),
    default="ed25519",
    show_default=True,
    help="ml-dsa-44 holds against quantum computers, too; its cosignatures have 2420 bytes.",
)
@exits
def witness_keygen(
    holder: str,
    name: str,
    township: str,
    domain: str,
    epoch: int,
    out: Path,
    alg: str,
) -> None:
    """Make a witness's key: OUT/witness.key, its record, and the verifier key for others."""
    record_path = out / f"{holder}-{epoch}-witness.json"
    record = keyfile.create(
        out / "witness.key",
        record_path,
        keyfile.Kind(alg),
        role="witness",
        holder=holder,
        township=township,
        domain=domain,
        epoch=epoch,
    )
    vkey = notes.cosigner_of(record, name).vkey
    keyfile.write_durable(out / f"{holder}-{epoch}-witness.vkey", f"{vkey}\n".encode())
    click.echo(f"{record_path}\n{vkey}\nGive this verifier key to the townships.")


@click.command()
@CONFIG
@exits
def witness(config_path: Path) -> None:
    """Cosign the townships' logs over HTTP until SIGTERM; prints one JSON line with its URL."""
    import msgspec

    from gateway.witness import config, service
    from ledger import logs

    logs.configure()
    os.umask(0o077)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    running = service.Witness(config.load(config_path))
    line = msgspec.json.encode({"url": running.url, "vkey": running.vkey}).decode()
    running.run(stopping, lambda: click.echo(line))


@click.command()
@CONFIG
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("answer", type=click.Path(dir_okay=False, path_type=Path))
@exits
def cosign(config_path: Path, request: Path, answer: Path) -> None:
    """Judge the REQUEST that a township wrote into a file and write our signature into ANSWER.

    The witness's service may run meanwhile. Exit code 4: it was refused.
    """
    from gateway.witness import config, service

    parts = service.assemble(config.load(config_path))
    said = parts.cosigner.add_checkpoint(request.read_bytes())
    body = said.body.decode().strip()
    if said.status == 409:
        click.echo(
            f"stale: expected a request from size {body}, which is what we cosigned last\n"
            f"  In the township: seal-gateway witness-request --from {body}",
            err=True,
        )
        sys.exit(REFUSED)
    if said.status != 200:
        raise RefusedError(f"{said.status}: {body}")
    keyfile.write_durable(answer, said.body)
    click.echo(f"{answer}: carry it back and run seal-gateway witness-answer")


class RefusedError(LedgerError):
    """The witness does not cosign this request."""

    code = "not-cosigned"
    hint = "Look at the evidence that the witness keeps, and tell the county."
