"""`seal-sim demo`: a township on this computer plays its main job, then stays open for visitors.

Prints the check list with times and where everything can be opened. Ctrl-C, SIGTERM and SIGHUP
stop every process in order; nothing is left behind but the logs of a play that failed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click
import msgspec

from sim.cast import Cast
from sim.checklist import CheckList, say
from sim.demo_texts import EN, ZH
from sim.errors import SimError
from sim.play import Play
from sim.processes import ProgramError
from sim.township import Township
from sim.township_plan import NAMES, Plan, make_plan

LOOK_S = 0.5
RESULTS = click.File("w", encoding="utf-8", lazy=False)  # what cannot be written is said at once
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--once", is_flag=True, help="End after the check list, with 0 or 1.")
@click.option("--json", "results", type=RESULTS, help="Results as data.")
@click.option(
    "--photo",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="A picture to lay under the camera of village 1.",
)
@click.option("--villages", type=click.IntRange(1, len(NAMES)), default=3, show_default=True)
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Keep everything in here."
)
def demo(
    once: bool, results: IO[str] | None, photo: Path | None, villages: int, folder: Path | None
) -> None:
    """Play the main job in a simulated township, then serve until Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    serving = not once and sys.stdin.isatty() and sys.stdout.isatty()
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    with _place(folder) as (place, keep):
        run = _Demo(make_plan(place, villages, friendly=serving), photo, results)
        finished = run.play(serving)
        if run.failed:
            keep()
    sys.exit(0 if finished and not run.failed else 1)


class _Demo:
    """One run, from the first process to the last."""

    def __init__(self, plan: Plan, photo: Path | None, results: IO[str] | None) -> None:
        self._plan, self._photo, self._results = plan, photo, results
        self._began_s = time.monotonic()
        self._told = CheckList(click.echo)
        self._town = Township(plan, self._started)
        self._play = Play(Cast(self._town, self._told), photo)

    @property
    def failed(self) -> int:
        """How many steps did not pass."""
        return self._told.failed

    def play(self, serving: bool) -> bool:
        """Play, serve if wanted, stop everything; return whether it was played to its end."""
        _tell("band")
        _tell("preparing", n=len(self._plan.villages))
        finished = False
        try:
            finished = self._play_all()
            if finished and serving and not self.failed:
                self._open()
                self._serve()
        except KeyboardInterrupt:
            if not finished:
                _tell("interrupted")
        finally:
            self._stop()
        return finished

    def _play_all(self) -> bool:
        """Return True once every scene was played, False if a process or the start failed."""
        try:
            self._town.start()
            self._play.run()
            return True
        except SimError as error:
            self._explain(error)
            return False
        finally:
            self._sum_up()

    def _started(self, name: str) -> None:
        self._told.done(name, n=len(self._plan.villages))

    def _explain(self, error: SimError) -> None:
        self._told.broke(error)
        if isinstance(error, ProgramError):
            _tell("last-words", name=error.program, log=error.log)
            for line in error.words:
                click.echo(f"    {line}")

    def _sum_up(self) -> None:
        seconds = time.monotonic() - self._began_s
        if self.failed:
            _tell("failed", n=self.failed)
            _tell("logs", end=f" {self._plan.logs}")
        elif self._play.books:
            _tell("passed", seconds=seconds)
        if self._results is not None:
            json.dump(self._as_data(seconds), self._results, ensure_ascii=False, indent=2)
            self._results.write("\n")

    def _as_data(self, seconds: float) -> dict[str, Any]:
        return {
            "ok": bool(self._play.books) and not self.failed,
            "seconds": round(seconds, 2),
            "villages": len(self._plan.villages),
            "photo": self._photo.name if self._photo else None,
            "steps": self._told.as_data(),
            "books": msgspec.to_builtins(self._play.books),
        }

    def _open(self) -> None:
        """Print where everything can be opened, and with what."""
        plan = self._plan
        click.echo()
        _row("open-console", plan.console)
        for account in ("approver", "auditor", "admin"):
            person = plan.person(account)
            _row("password", f"{person.account} / {person.password}", person.name)
        for one in plan.villages:
            title = f"{one.name} village {one.number} ({one.profile})"
            click.echo(f"  {title}")
            _row("open-kiosk", one.kiosk)
            _row("open-simulator", self._town.machine(one).url)
            _row("clerk", f"{one.clerk} / {plan.person(one.clerk).password}", one.clerk_name)
            _row("card", one.card)
            _row("pin", one.pin)
        _row("logs", str(plan.logs))
        _tell("try", village=plan.villages[-1].name)
        _tell("ctrl-c")

    def _serve(self) -> None:
        """Serve until interrupted; say once which process has ended, if one does."""
        down: set[str] = set()
        while True:
            time.sleep(LOOK_S)
            for program in self._town.programs:
                if not program.running and program.name not in down:
                    down.add(program.name)
                    _tell("went-down", name=program.name)
                    _tell("last-words", name=program.name, log=program.log)
                    for line in program.last_words():
                        click.echo(f"    {line}")

    def _stop(self) -> None:
        """Stop everything; from here on no signal interrupts us."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(OSError):  # a closed terminal must not keep us from stopping
            _tell("stopping")
        self._town.stop()
        with contextlib.suppress(OSError):
            _tell("stopped")


@contextlib.contextmanager
def _place(folder: Path | None) -> Iterator[tuple[Path, Any]]:
    """Give an empty folder, and a call that keeps it; one that was named is always kept."""
    kept: list[bool] = [folder is not None]
    if folder is None:
        place = Path(tempfile.mkdtemp(prefix="seal-demo-"))
    else:
        place = folder.absolute()
        if place.exists() and any(place.iterdir()):
            raise click.BadParameter(f"expected an empty folder, found files in {folder}")
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield place, lambda: kept.append(True)
    finally:
        if not any(kept):
            shutil.rmtree(place, ignore_errors=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(key: str, end: str = "", **values: Any) -> None:
    click.echo(f"{say(ZH, key, values)}  {say(EN, key, values)}{end}")


def _row(name: str, value: str, note: str = "") -> None:
    click.echo(f"    {ZH[name]} {EN[name]}: {value}{f'  {note}' if note else ''}")
