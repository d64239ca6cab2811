"""`seal-sim`: simulated machines for technicians, tests and the demo.

Commands of other modules are loaded when they are asked for, because some of them bring half
the project along.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click
import msgspec
import structlog

from sim.errors import SimError

EXIT_USAGE = 2
LAZY = {"demo": "sim.demo"}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is named."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The commands whose modules are installed."""
        found = [name for name, module in LAZY.items() if importlib.util.find_spec(module)]
        return sorted([*super().list_commands(context), *found])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command, or None if there is none of that name."""
        if name not in LAZY:
            return super().get_command(context, name)
        if importlib.util.find_spec(LAZY[name]) is None:
            return None
        command = getattr(importlib.import_module(LAZY[name]), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup)
def cli() -> None:
    """Simulated seal machines; their keys and pictures are good for nothing else."""


@cli.command()
@click.option("--profile", type=click.Choice(["A", "B"]), required=True, help="controller")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="of paper and chance")
@click.option("--photo", help="picture, folder of them, rendered, rendered:N, blank or markers")
@click.option("--board", default="waveshare-d", show_default=True, help="relay board of profile A")
@click.option("--mechanics", type=click.Choice(["hand", "motor"]), default="hand")
@click.option("--trace", type=click.Path(path_type=Path), help="append every event to this file")
@click.option("--state", type=click.Path(path_type=Path), help="folder of what survives this run")
@click.option("--machine-key", type=click.Path(path_type=Path), help="key of profile B")
@click.option("--unit", type=click.IntRange(1, 247), default=1, help="Modbus unit number")
@click.option("--seals", type=click.IntRange(1, 8), default=1, help="seals, at unit, unit + 1 ...")
@click.option("--baud", type=click.IntRange(min=0), default=9600, help="pace; 0 for no delays")
def machine(**given: Any) -> None:
    """Run one machine: print its addresses as one JSON line, serve until SIGTERM or SIGINT."""
    _log_to_stderr()
    stopping = _stop_on_signal()
    try:
        with tempfile.TemporaryDirectory(prefix="seal-sim-") as folder:
            _serve(given, Path(folder), stopping)
    except (SimError, OSError) as error:
        click.echo(f"seal-sim: {error}", err=True)
        sys.exit(EXIT_USAGE)


def main() -> None:
    """Run the command named on the command line."""
    cli(prog_name="seal-sim")


def _serve(given: dict[str, Any], folder: Path, stopping: threading.Event) -> None:
    from sim.build import MachineOptions
    from sim.control import ControlServer
    from sim.machine import SimMachine
    from sim.mechanics import Mechanics

    mechanics = Mechanics(given.pop("mechanics"))
    simulated = SimMachine(MachineOptions(mechanics=mechanics, **given), folder)
    control = ControlServer(simulated)
    simulated.start()
    try:
        control.start()
        line = {**simulated.addresses, "control": control.url}
        click.echo(msgspec.json.encode(line).decode())
        stopping.wait()
    finally:
        control.stop()
        simulated.stop()


def _stop_on_signal() -> threading.Event:
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def _log_to_stderr() -> None:
    """Standard output belongs to the JSON line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
