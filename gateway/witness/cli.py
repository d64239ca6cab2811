"""The witness's commands: keys, the service, and the same by file for places without network."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import click

from gateway.cli_tools import CONFIG, EVIDENCE, REFUSED, UNREACHABLE, exits
from ledger import notes
from ledger.cli_types import DIVISION, IDENTIFIER
from ledger.errors import LedgerError
from ledger.signers import keyfile


@click.command("witness-keygen")
@click.option("--id", "holder", required=True, type=IDENTIFIER, help="Witness id.")
@click.option("--name", required=True, help="Name to cosign under: domain/path, no spaces.")
@click.option("--township", required=True, type=DIVISION, help="Division code, also of a county.")
@click.option("--domain", type=click.Choice(["sim", "field"]), required=True)
@click.option(
    "--epoch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Counts renewals of the key.",
)
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
    line = msgspec.json.encode(
        {"url": running.url, "vkey": running.vkey, "monitor": running.follows}
    ).decode()
    running.run(stopping, lambda: click.echo(line))


@click.command("witness-check")
@CONFIG
@exits
def witness_check(config_path: Path) -> None:
    """Load everything that the witness's configuration names, without acting."""
    from gateway.witness import config, trusting

    found = config.load(config_path)
    config.load_signer(found)
    config.watched(found)
    for town in found.logs if found.monitor.enabled else ():
        believed = trusting.trust(found, town)
        witnesses = "no policy" if believed.policy is None else "a policy"
        click.echo(
            f"{town.title}: {town.name}, followed at {town.public}, {len(town.records)} log keys, "
            f"{len(believed.records)} trusted keys, {witnesses}"
        )
    followed = len(found.logs) if found.monitor.enabled else 0
    click.echo(f"{len(found.logs)} townships witnessed, {followed} followed: all good")


@click.command()
@CONFIG
@click.option("--once", is_flag=True, help="Look once; exit code 4 with findings, 5 unreachable.")
@exits
def monitor(config_path: Path, once: bool) -> None:
    """Follow the townships' logs without cosigning; `seal-gateway witness` does it by itself."""
    from gateway.witness import config, following, monitor_page
    from ledger import logs

    logs.configure()
    os.umask(0o077)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    found = config.load(config_path)
    running = following.Following(found, lambda: time.time_ns() // 1_000_000)
    with contextlib.closing(running):
        if not once:
            running.run(stopping)
            return
        running.round(stopping)
    for one in running.statuses:
        click.echo(f"{one.title}: {monitor_page.state('zh', one)}")
        click.echo(monitor_page.message(one, one.findings) if one.findings else "", nl=False)
    if any(one.findings for one in running.statuses):
        sys.exit(EVIDENCE)
    if not all(one.is_good for one in running.statuses):
        sys.exit(UNREACHABLE)


@click.command()
@CONFIG
@click.option(
    "--public",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The township's public files on the same stick: says which key its log has now.",
)
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("answer", type=click.Path(dir_okay=False, path_type=Path))
@exits
def cosign(config_path: Path, public: Path | None, request: Path, answer: Path) -> None:
    """Judge the REQUEST that a township wrote into a file and write our signature into ANSWER.

    The witness's service may run meanwhile. Exit code 4: it was refused.
    """
    from gateway.witness import config, learned, service

    found = config.load(config_path)
    if public is not None:
        learned.learn(found, request.read_bytes(), public)
    parts = service.assemble(found)
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
