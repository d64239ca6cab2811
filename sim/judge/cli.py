"""The judge's command line: three places in, one line for each invariant out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sim.judge import evidence, judging

EVIDENCE_DOES_NOT_HOLD = 4
MOST_SHOWN = 10

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--device", required=True, help="The machine's identifier.")
@click.option("--trace", required=True, type=FILE, help="Of seal-sim machine --trace.")
@click.option("--log", required=True, type=FOLDER, help="Of seal-device export.")
@click.option("--township", required=True, type=FOLDER, help="Of seal-gateway export.")
@click.option("--shown", type=FILE, help="JSON lines of what clients were shown.")
@click.option("--seen", type=FILE, help="Of a follower: heads and answers seen outside.")
@click.option("--openings", type=FOLDER, help="Openings of alerts, <payload hash>.json.")
@click.option("--settled", is_flag=True, help="Faults have ended: all must be delivered.")
def main(
    device: str,
    trace: Path,
    log: Path,
    township: Path,
    shown: Path | None,
    seen: Path | None,
    openings: Path | None,
    settled: bool,
) -> None:
    """Say for each invariant whether it held in one machine's life; exit 4 if one is broken."""
    theirs = evidence.read_township(township, seen=seen, openings=openings)
    found = evidence.read(device, trace, log, theirs, shown, settled=settled)
    verdicts = judging.judge(found)
    for verdict in verdicts:
        why = f" ({verdict.why})" if verdict.why else ""
        click.echo(
            f"{verdict.invariant:4} {verdict.result:8} {verdict.title}: "
            f"{verdict.looked_at} looked at{why}"
        )
        for breach in verdict.breaches[:MOST_SHOWN]:
            click.echo(f"     {breach}")
    if judging.broken(verdicts):
        sys.exit(EVIDENCE_DOES_NOT_HOLD)
