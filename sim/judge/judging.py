"""Judging: every invariant's check over one body of evidence."""

from __future__ import annotations

from collections.abc import Callable

from sim.judge import logs, public, safety, stamps
from sim.judge.evidence import Evidence
from sim.judge.verdict import Finder, Verdict

Check = Callable[[Evidence, Finder], None]

INVARIANTS: dict[str, tuple[str, Check]] = {
    "I1": ("intent first", stamps.intent_first),
    "I2": ("total cover", stamps.total_cover),
    "I3": ("counter", logs.counters),
    "I4": ("no acknowledged entry lost", logs.nothing_lost),
    "I5": ("exactly once", logs.exactly_once),
    "I6": ("permit use", stamps.permit_use),
    "I7": ("fail closed", safety.fail_closed),
    "I9": ("photo binding", stamps.photo_binding),
    "I10": ("tamper evident", public.tamper_evident),
    "I11": ("no fork", public.no_fork),
    "I12": ("refusals are logged", logs.refusals),
    "I15": ("liveness", safety.liveness),
    "I16": ("time", logs.time_forward),
}


def judge(evidence: Evidence) -> tuple[Verdict, ...]:
    """Return the verdict on every invariant that can be judged from outside."""
    verdicts = []
    for name, (title, check) in INVARIANTS.items():
        find = Finder()
        check(evidence, find)
        verdicts.append(find.verdict(name, title))
    return tuple(verdicts)


def broken(verdicts: tuple[Verdict, ...]) -> list[str]:
    """Return one line for each breach, empty when nothing is broken."""
    return [
        f"{verdict.invariant} {verdict.title}: {breach}"
        for verdict in verdicts
        for breach in verdict.breaches
    ]
