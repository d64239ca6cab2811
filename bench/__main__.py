"""`python -m bench NAME --json FILE`: one measurement, told and written (docs/benchmarks.md)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
import msgspec
import structlog

if TYPE_CHECKING:
    from bench.kills.run import Kills
    from bench.soak import Soak

JSON = click.option(
    "--json", "target", type=click.Path(path_type=Path), help="Write the figures here, too."
)
PARTS = click.argument(
    "parts", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
LIMIT_MISSED = 1
EVIDENCE_DOES_NOT_HOLD = 4
F = TypeVar("F")
PICTURES = Path(__file__).parents[2] / "shared" / "data" / "images"  # beside the checkout


@click.group()
def main() -> None:
    """Measurements of the whole chain on this computer."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


@main.command()
@click.option("--seed", default=1, show_default=True, help="Of the first play; others follow.")
@click.option("--plays", default=10, show_default=True, help="Of each attack in each light.")
@click.option("--only", multiple=True, help="The name of an attack; again for more.")
@click.option("--light", type=click.Choice(["normal", "hard", "both"]), default="both")
@click.option("--sheets", type=click.Path(path_type=Path), help="Folder for what was not caught.")
@JSON
def attacks(
    seed: int,
    plays: int,
    only: tuple[str, ...],
    light: str,
    sheets: Path | None,
    target: Path | None,
) -> None:
    """Attempts to deceive the eyes beside honest uses: what catches each, and what nothing does."""
    from bench import attacks as measured

    try:
        figures = measured.measure(
            range(seed, seed + plays),
            only,
            _lights(light),
            lambda line: click.echo(line, err=True),
            sheets,
        )
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(measured.table(figures))
    if target is not None:
        target.write_bytes(_formatted(figures))


@main.command("attacks-merge")
@PARTS
@JSON
def attacks_merge(parts: tuple[Path, ...], target: Path | None) -> None:
    """One table of files that `attacks --json` wrote, each with other seeds, lights or plays."""
    from bench import attacks as measured

    _tell_merged(parts, measured.Attacks, measured.merged, measured.table, target)


@main.command()
@click.option("--seed", default=1, show_default=True, help="Of the first page; others follow.")
@click.option("--pages", default=10, show_default=True, help="Of each kind in each light.")
@click.option("--light", type=click.Choice(["normal", "hard", "both"]), default="both")
@JSON
def copies(seed: int, pages: int, light: str, target: Path | None) -> None:
    """Paper, displays and prints: how often it is said what they are and how they were stamped."""
    from bench import copies as measured

    figures = measured.measure(
        range(seed, seed + pages), _lights(light), lambda line: click.echo(line, err=True)
    )
    click.echo(measured.table(figures))
    if target is not None:
        target.write_bytes(_formatted(figures))


@main.command("copies-merge")
@PARTS
@JSON
def copies_merge(parts: tuple[Path, ...], target: Path | None) -> None:
    """One table of files that `copies --json` wrote, each with other seeds or lights."""
    from bench import copies as measured

    _tell_merged(parts, measured.Copies, measured.merged, measured.table, target)


@main.command()
@click.option("--seed", default=1, show_default=True, help="Of the first pile; others follow.")
@click.option("--piles", default=60, show_default=True, help="Each stamped well and palely.")
@JSON
def seams(seed: int, piles: int, target: Path | None) -> None:
    """Seam stamps on fanned piles: how often good ones are called faint, and faint ones not."""
    from bench import seams as measured

    figures = measured.measure(range(seed, seed + piles), lambda line: click.echo(line, err=True))
    click.echo(measured.table(figures))
    if target is not None:
        target.write_bytes(_formatted(figures))


@main.command()
@click.option("--stamps", default=20, show_default=True, help="On each of the two machines.")
@JSON
def cycle(stamps: int, target: Path | None) -> None:
    """From the clerk's tap to the free lever, and from the press to the durable entry."""
    from bench import cycle as measured

    _tell(measured.measure(stamps), target)


@main.command()
@click.argument(
    "folder",
    default=PICTURES,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option(
    "--sheets", type=click.Path(path_type=Path), help="Folder for PNG sheets of what was missed."
)
@click.option(
    "--register",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Registered seals, in place of FOLDER/registered.json.",
)
@click.option("--alone", is_flag=True, help="Also read each labelled seal with RapidOCR alone.")
@click.option("--cases-only", is_flag=True, help="Answer cases.json, look at no picture else.")
@JSON
def eyes(
    folder: Path,
    sheets: Path | None,
    register: Path | None,
    alone: bool,
    cases_only: bool,
    target: Path | None,
) -> None:
    """What is seen on a folder of pictures, beside its labels where it has some."""
    from bench import eyes as measured

    try:
        figures = measured.measure(
            folder, sheets, lambda line: click.echo(line, err=True), register, alone, cases_only
        )
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if target is not None:
        target.write_bytes(_formatted(figures))
    click.echo(_formatted(figures.totals), nl=False)


@main.command("eyes-gateway")
@click.option("--uses", default=30, show_default=True, help="Each with two photos.")
@click.option("--seed", default=1, show_default=True, help="Of the first paper.")
@click.option("--no-read", is_flag=True, help="Print is not read, as without the extra ocr.")
@JSON
def eyes_gateway(uses: int, seed: int, no_read: bool, target: Path | None) -> None:
    """Photos of uses looked at by a real gateway: seconds, backlog, memory, and who waits."""
    from bench import eyes_gateway as measured

    _tell(measured.measure(uses, seed, not no_read), target)


@main.command("eyes-render")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--pages", default=20, show_default=True, help="Photos of stamped pages.")
@click.option("--pairs", default=5, show_default=True, help="For each question and answer.")
@click.option("--seed", default=1, show_default=True, help="The same seed, the same bytes.")
@click.option("--hard", is_flag=True, help="Dim, askew, noisy, shaded, glaring, in the way.")
@click.option("--ask", multiple=True, help="This question of pairs alone; may be repeated.")
def eyes_render(
    folder: Path, pages: int, pairs: int, seed: int, hard: bool, ask: tuple[str, ...]
) -> None:
    """Write a folder of rendered photos whose truth is known, for `eyes` to be measured on."""
    from bench import eyes_rendered

    difficulty: Literal["normal", "hard"] = "hard" if hard else "normal"
    try:
        count = eyes_rendered.write(
            folder, pages, pairs, seed, difficulty, lambda line: click.echo(line, err=True), ask
        )
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count} pictures in {folder}")


@main.command()
@JSON
def ingest(target: Path | None) -> None:
    """Entries a second through broker and gateway, their latency, and what limits them."""
    from bench import ingest as measured

    figures = measured.measure()
    _tell(figures, target)
    if not (figures.ratio_holds and figures.p99_holds):
        sys.exit(LIMIT_MISSED)


@main.command()
@JSON
def log(target: Path | None) -> None:
    """Entries verified, appended, checkpointed and receipted, beside libsodium's raw verify."""
    from bench import growing as measured

    figures = measured.measure()
    _tell(figures, target)
    if not figures.holds:
        sys.exit(LIMIT_MISSED)


@main.command()
@click.option("--devices", default=20, show_default=True, help="That share 200 entries a second.")
@click.option("--seconds", default=30.0, show_default=True, help="How long, after warming up.")
@JSON
def receipts(devices: int, seconds: float, target: Path | None) -> None:
    """From an entry made to its receipt verified and durable at the machine that made it."""
    from bench import receipts as measured

    figures = measured.measure(devices, seconds)
    _tell(figures, target)
    if not figures.holds:
        sys.exit(LIMIT_MISSED)


@main.command()
@click.option("--minutes", type=float, help="The fault campaign, for so long. [default: 60]")
@click.option("--kills", type=int, help="Instead: so many random kills of who keeps the log.")
@click.option(
    "--whole-every", default=100, show_default=True, help="Kills from whole look to look."
)
@click.option("--seed", default=1, show_default=True, help="Chooses every fault and its moment.")
@click.option("--folder", type=click.Path(path_type=Path), help="For traces and logs; kept.")
@JSON
def soak(
    minutes: float | None,
    kills: int | None,
    whole_every: int,
    seed: int,
    folder: Path | None,
    target: Path | None,
) -> None:
    """Torment a township, judge after every fault; exit 4 at the first breach, all files kept.

    With --kills a FOLDER in which such a campaign was stopped is gone on with.
    """
    if kills is not None and minutes is not None:
        raise click.UsageError("name --minutes or --kills, not both")
    figures: Kills | Soak
    if kills is not None:
        from bench.kills import run as random_kills

        try:
            figures = random_kills.run(kills, seed, folder, _say, whole_every)
        except random_kills.CannotGoOnError as error:
            raise click.UsageError(str(error)) from error
    else:
        from bench import soak as measured

        figures = measured.run(60.0 if minutes is None else minutes, seed, folder, _say)
    _tell(figures, target)
    if figures.breaches:
        sys.exit(EVIDENCE_DOES_NOT_HOLD)


@main.command()
@JSON
def splittings(target: Path | None) -> None:
    """How many generated splittings of payments are raised, and how many honest payments."""
    from bench import splittings as measured

    figures = measured.measure()
    _tell(figures, target)
    if not figures.holds:
        sys.exit(LIMIT_MISSED)


@main.command()
@click.option("--stamps", default=5, show_default=True, help="On each of the two machines.")
@JSON
def stamp(stamps: int, target: Path | None) -> None:
    """One honest stamp with all human steps: the machine's time measured, the clerk's by a table.

    Needs chromium. Exit 1 where the slowest takes 120 s or more.
    """
    from bench import stamp as measured

    try:
        figures = measured.measure(stamps)
    except measured.NoBrowserError as error:
        raise click.ClickException(str(error)) from error
    _tell(figures, target)
    if not figures.holds:
        sys.exit(LIMIT_MISSED)


@main.command()
@click.option("--entries", default=100_000, show_default=True, help="In the log.")
@click.option("--edits", default=0, help="Structural edits to make and find, besides.")
@click.option("--bits", is_flag=True, help="Flip every bit of 200 entries, besides.")
@JSON
def verify(entries: int, edits: int, bits: bool, target: Path | None) -> None:
    """Entries a second of seal-verify, beside libsodium alone; what it must find, it finds."""
    from bench import verify as measured

    figures = measured.measure(entries, edits, bits, lambda line: click.echo(line, err=True))
    _tell(figures, target)
    missed = figures.edits is not None and any(figures.edits.missed.values())
    if missed or figures.let_through or not (figures.share_holds and figures.memory_holds):
        sys.exit(LIMIT_MISSED)


def _lights(chosen: str) -> list[Literal["normal", "hard"]]:
    lights: list[Literal["normal", "hard"]] = ["normal", "hard"]
    return [one for one in lights if chosen in (one, "both")]


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


def _tell_merged(
    parts: Sequence[Path],
    kind: type[F],
    merged: Callable[[Sequence[F]], F],
    table: Callable[[F], str],
    target: Path | None,
) -> None:
    """Tell and write the sum of measurements that were made in parts."""
    try:
        figures = merged([msgspec.json.decode(one.read_bytes(), type=kind) for one in parts])
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(table(figures))
    if target is not None:
        target.write_bytes(_formatted(figures))


def _tell(figures: Any, target: Path | None) -> None:
    data = _formatted(figures)
    click.echo(data, nl=False)
    if target is not None:
        target.write_bytes(data)


def _formatted(figures: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"


if __name__ == "__main__":
    main(prog_name="bench")
