"""Looks at logs again and again for `seal-verify watch`, until a finding or a signal."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from ledger.cli_trust import told
from ledger.findings import Findings
from ledger.mirror import UnreachableError, this_year
from ledger.monitor import Monitor, Seen
from ledger.texts import Language, say

STOP = frozenset({signal.SIGTERM, signal.SIGINT})

Watchers = Mapping[str, Monitor]


def look(language: Language, watchers: Watchers, state: Path, silent_s: int) -> bool:
    """Look once at every source and say what is seen; return whether all could be reached.

    Raises:
        SystemExit: with 4, when there is a finding.
    """
    findings, reached = Findings(), True
    for source, watcher in watchers.items():
        try:
            for seen in watcher.visit(int(time.time()), this_year()):
                findings.extend(seen.findings)
                _show_seen(language, seen)
        except UnreachableError as error:
            reached = False
            click.echo(f"{error.code}: {source}: {error}", err=True)
        still = watcher.silence(int(time.time()), silent_s)
        findings.extend(() if still is None else (still,))
    if len(findings):
        click.echo(say(language, "evidence", folder=str(state / "evidence")))
    told(language, findings)
    return reached


def follow(
    language: Language, watchers: Watchers, state: Path, silent_s: int, every_s: int
) -> None:
    """Look every `every_s` seconds; return at SIGTERM or SIGINT, never in the midst of a look."""
    with _held_back():
        while True:
            look(language, watchers, state, silent_s)
            if signal.sigtimedwait(STOP, every_s) is not None:
                return


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Let STOP wait, here and in the workers started meanwhile; afterwards all is as before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _show_seen(language: Language, seen: Seen) -> None:
    if not seen.findings:
        click.echo(say(language, "good.watch", log=seen.log, old=seen.old, new=seen.new))
