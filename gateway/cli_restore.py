"""The commands for the day on which a disk dies: backup and restore."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import click

from gateway.cli_tools import CONFIG, exits
from gateway.config import load
from gateway.errors import StoreError

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@CONFIG
@click.option("--with-keys", is_flag=True, help="Private keys too; TARGET must be mode 0700.")
@click.option("--every", "every_s", type=click.IntRange(min=10), help="Again after SECONDS.")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@exits
def backup(config_path: Path, with_keys: bool, every_s: int | None, target: Path) -> None:
    """Bring a backup of store, photos and key records in TARGET up to date, and check it.

    The gateway may run meanwhile. With --every it goes on until SIGTERM.
    """
    from gateway import backup as backups

    stopping = threading.Event()
    if every_s is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
    while True:
        began_s = time.monotonic()
        try:
            found = backups.backup(load(config_path), config_path, target, with_keys)
            click.echo(
                f"{target}: {found.entries} entries, {found.photos} photos ({found.copied} new), "
                f"checked, {time.monotonic() - began_s:.1f} s"
            )
        except StoreError as error:
            if every_s is None:
                raise
            click.echo(f"{error.code}: {error}\n  {error.hint}", err=True)
        if every_s is None or stopping.wait(every_s):
            return


@click.command()
@CONFIG
@click.argument("backup_folder", metavar="[BACKUP]", type=_FOLDER, required=False)
@click.option("--mirror", "mirrors", multiple=True, type=_FOLDER, help="A copy of the public log.")
@click.option("--successor", is_flag=True, help="Begin a new log: newer entries are lost.")
@click.option("--agreed", type=_FILE, help="The county's agreement to the successor's key.")
@click.option("--witnessed", multiple=True, type=_FILE, help="A checkpoint that somebody holds.")
@exits
def restore(
    config_path: Path,
    backup_folder: Path | None,
    mirrors: tuple[Path, ...],
    successor: bool,
    witnessed: tuple[Path, ...],
    agreed: Path | None,
) -> None:
    """Build the store again from BACKUP and copies of the public files; see docs/restore.md."""
    from gateway import restoring

    asked = restoring.Asked(backup_folder, mirrors, witnessed, successor, agreed)
    for line in restoring.run(load(config_path), asked):
        click.echo(line)
