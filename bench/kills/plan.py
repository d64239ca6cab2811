"""Who is killed when: follows from the seed and the number of the strike alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Victim = Literal["gateway", "broker", "machine", "witness"]

LONGEST_PAUSE_S = 0.6  # before a strike, while all work
LONGEST_START_S = 2.5  # what a gateway takes to start, roughly: it is killed again within it

WHO: dict[str, tuple[Victim, ...]] = {
    "gateway": ("gateway",),
    "gateway-and-broker": ("gateway", "broker"),
    "gateway-starting": ("gateway",),
    "broker": ("broker",),
    "machine": ("machine",),
    "witness": ("witness",),
    "gateway-and-machine": ("gateway", "machine"),
    "everything": ("gateway", "broker", "machine", "witness"),
}
WEIGHTS = {
    "gateway": 30,
    "gateway-and-broker": 12,
    "gateway-starting": 20,
    "broker": 6,
    "machine": 16,
    "witness": 4,
    "gateway-and-machine": 6,
    "everything": 6,
}


class Strike(Struct, frozen=True, kw_only=True):
    """One moment at which processes are killed together.

    Args:
        number: 1, 2, 3 ...
        kind: a name of `WHO`.
        machine: which of the machines, if one is struck; all of them with `everything`.
        pause_s: how long all have worked since the last strike was over.
        again_s: so long after its start the gateway is killed once more; None: it is not.
    """

    number: int
    kind: str
    machine: int
    pause_s: float
    again_s: float | None

    @property
    def victims(self) -> tuple[Victim, ...]:
        """Who dies."""
        return WHO[self.kind]

    @property
    def kills(self) -> int:
        """How many moments of death this is."""
        return 1 if self.again_s is None else 2


def strike(seed: int, number: int, machines: int) -> Strike:
    """Return a strike of a seed's campaign."""
    chance = random.Random(f"{seed}:{number}")
    (kind,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
    machine, pause_s = chance.randrange(machines), chance.uniform(0, LONGEST_PAUSE_S)
    again_s = chance.uniform(0, LONGEST_START_S) if kind == "gateway-starting" else None
    return Strike(number=number, kind=kind, machine=machine, pause_s=pause_s, again_s=again_s)


def strikes(seed: int, after: int, machines: int) -> Iterator[Strike]:
    """Yield the strikes of a seed after a number, without end."""
    number = after
    while True:
        number += 1
        yield strike(seed, number, machines)
