"""The shape of the tree: file sizes, packages, commands, and the page that documents them."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bench.__main__ import main as measurements

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("device", "gateway", "hardware", "ledger", "sim", "vision")
MOST_LINES = 400
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
SEAL_VERBS = ("demo", "test", "check", "bench", "doctor")


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Every file of those folders that ends so; what tools leave behind is not ours."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for path in found if path.suffix in suffixes and "__pycache__" not in path.parts]


def walk(name: str, command: click.Command) -> Iterator[str]:
    """Every command a person can type, e.g. "seal-device export"; hidden ones are left out."""
    if not isinstance(command, click.Group):
        yield name
        return
    context = click.Context(command)
    for verb in command.list_commands(context):
        inner = command.get_command(context, verb)
        if inner is not None and not inner.hidden:
            yield from walk(f"{name} {verb}", inner)


def group_of(entry: importlib.metadata.EntryPoint) -> click.Command:
    """The click command behind a console script: `main` itself, or the `cli` that it wraps."""
    main = entry.load()
    command = main if isinstance(main, click.Command) else sys.modules[entry.module].cli
    assert isinstance(command, click.Command), f"{entry.module} has no click command main or cli"
    return command


def typed_commands() -> list[str]:
    """Every command of every program that the installed project declares."""
    declared = importlib.metadata.distribution("sealkeeper").entry_points
    scripts = [entry for entry in declared if entry.group == "console_scripts"]
    return [line for entry in scripts for line in walk(entry.name, group_of(entry))]


def test_no_file_is_longer_than_400_lines() -> None:
    ours = [*files(*PACKAGES, "bench", "tests"), ROOT / "seal", ROOT / "setup.py"]

    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ours}

    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in files(*PACKAGES)}

    bare = [str(path.relative_to(ROOT)) for path in folders if not (path / "__init__.py").exists()]

    assert bare == [], "setup.py ships only folders that have an __init__.py"


def test_every_file_begins_with_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in files(*PACKAGES, "bench", "tests")
        if not path.read_text().startswith('"""')
    ]

    assert silent == []


def test_tests_mirror_the_packages() -> None:
    strangers = {
        path.name
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and not path.name.startswith("__")
    } - {*PACKAGES, "bench", "campaign", "release", "scenarios", "vectors"}

    assert strangers == set()


def test_every_command_is_documented() -> None:
    page = COMMANDS_PAGE.read_text()
    commands = [*typed_commands(), *(f"./seal {verb}" for verb in SEAL_VERBS)]

    missing = [line for line in commands if f"`{line}" not in page]

    assert missing == [], (
        f"name each of these in {COMMANDS_PAGE.relative_to(ROOT)} as `command ...`"
    )


def test_every_measurement_is_documented() -> None:
    row = next(
        line for line in COMMANDS_PAGE.read_text().splitlines() if "`./seal bench NAME" in line
    )

    assert [name for name in measurements.commands if f"`{name}`" not in row] == []


def test_every_documented_command_exists() -> None:
    page = COMMANDS_PAGE.read_text()
    commands = [f"{line} " for line in typed_commands()]

    named = re.findall(r"`(seal-[a-z]+(?: [a-z][a-z-]*)*)", page)
    stale = [
        words
        for words in named
        if not any(
            line.startswith(f"{words} ") or f"{words} ".startswith(line) for line in commands
        )
    ]

    assert stale == [], f"{COMMANDS_PAGE.relative_to(ROOT)} names commands that nobody can type"


@pytest.mark.parametrize("verb", SEAL_VERBS)
def test_every_verb_stands_in_the_usage_text(verb: str) -> None:
    usage = subprocess.run([ROOT / "seal", "help"], capture_output=True, text=True, check=True)

    assert re.search(rf"^  {verb}\b", usage.stdout, re.MULTILINE)
