"""A campaign of random kills: strike, bring back, look; now and then look at everything.

Rules kept here:
- Who dies, and when, follows from the seed and the strike's number.
- A campaign that was stopped goes on where it was, in its folder, over the log that it has made.
- The first breach ends it, and everything stays in the folder for whoever looks into it.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.figures import Machine, percentile, this_machine
from bench.kills import parties, whole
from bench.kills.look import Looker
from bench.kills.parties import CannotGoOnError, Parties
from bench.kills.plan import Strike, strikes
from ledger.errors import LedgerError
from sim.errors import SimError

__all__ = ["CannotGoOnError", "Kills", "run"]

WHOLE_EVERY = 100
TELL_S = 60.0


class Progress(Struct, kw_only=True):
    """How far a campaign is; kept in its folder after every strike."""

    seed: int
    strikes: int = 0
    kills: int = 0
    kinds: dict[str, int] = {}
    waits_s: list[float] = []
    taken_s: float = 0.0
    whole_looks: int = 0


class Kills(Struct, frozen=True, kw_only=True):
    """What was done; `breaches` are the judge's lines, empty for a campaign that held.

    Args:
        kills: moments at which processes were killed.
        kinds: strikes by who was killed together.
        back_p50_s, back_most_s: from the strike until all ran and all was proved.
        looked_at: facts that were compared since the campaign was begun or gone on with.
    """

    machine: Machine
    seed: int
    kills: int
    kinds: dict[str, int]
    minutes: float
    back_p50_s: float
    back_most_s: float
    entries: int
    whole_looks: int
    looked_at: int
    breaches: tuple[str, ...]
    folder: str


class Campaign:
    """One campaign in its folder; `run` goes on with it until so many kills are done."""

    def __init__(
        self, folder: Path, seed: int, say: Callable[[str], None], whole_every: int = WHOLE_EVERY
    ) -> None:
        self._folder, self._say, self._whole_every = folder, say, whole_every
        self._kept = folder / "progress.json"
        self._whole_at = -1  # the strike after which everything was looked at last
        plan = parties.reopen(folder)
        if plan is None:
            plan = parties.found(folder)
            self._write(Progress(seed=seed))
        self.progress = msgspec.json.decode(self._kept.read_bytes(), type=Progress)
        if self.progress.seed != seed:
            raise CannotGoOnError(f"the seed {self.progress.seed} of {folder}", str(seed))
        self.town = Parties(plan)
        self.looker = Looker(plan, self.town.seen, self._all_run)

    def run(self, kills: int) -> tuple[str, ...]:
        """Strike until so many kills are done; return the first breaches, none if all held."""
        begin_s, before_s, told_s = time.monotonic(), self.progress.taken_s, 0.0
        self.town.begin()
        breaches = self.looker.look()
        coming = strikes(self.progress.seed, self.progress.strikes, len(self.town.machines))
        while not breaches and self.progress.kills < kills:
            breaches = self._strike(next(coming))
            self.progress.taken_s = before_s + time.monotonic() - begin_s
            self._write(self.progress)
            if time.monotonic() - told_s > TELL_S:
                told_s = time.monotonic()
                self._tell(kills)
        if self._whole_at != self.progress.strikes:
            breaches = breaches or self._look_whole()
        self.progress.taken_s = before_s + time.monotonic() - begin_s
        self._write(self.progress)
        return tuple(breaches)

    def _strike(self, one: Strike) -> list[str]:
        progress = self.progress
        whole_before = progress.kills // self._whole_every
        self.town.strike(one)
        begin_s = time.monotonic()
        self.town.start()
        breaches = self.looker.look()
        progress.waits_s.append(round(time.monotonic() - begin_s, 3))
        progress.strikes, progress.kills = one.number, progress.kills + one.kills
        progress.kinds[one.kind] = progress.kinds.get(one.kind, 0) + 1
        if not breaches and progress.kills // self._whole_every > whole_before:
            breaches = self._look_whole()
            self.town.start()
        return [f"after strike {one.number} ({one.kind}): {line}" for line in breaches]

    def _look_whole(self) -> list[str]:
        chance = random.Random(f"{self.progress.seed}:{self.progress.strikes}:whole")
        breaches = self.looker.look() or whole.look(self.town, self._folder / "whole", chance)
        self.progress.whole_looks += 1
        self._whole_at = self.progress.strikes
        return breaches

    def _all_run(self) -> None:
        for program in self.town.programs:
            program.check()

    def _tell(self, kills: int) -> None:
        done = self.progress
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(done.kinds.items()))
        self._say(
            f"{done.taken_s / 60:6.1f} min  {done.kills} of {kills} kills, "
            f"{self.looker.entries} entries, {done.whole_looks} whole looks: {kinds}"
        )

    def _write(self, progress: Progress) -> None:
        fresh = self._kept.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(progress))
        fresh.replace(self._kept)


def run(
    kills: int,
    seed: int,
    folder: Path | None,
    say: Callable[[str], None],
    whole_every: int = WHOLE_EVERY,
) -> Kills:
    """Kill at random until so many kills are done or something is broken.

    Args:
        folder: where everything lies; one with a campaign of this seed is gone on with. None: a
            temporary one, kept after a breach.
        whole_every: look at everything after so many kills, and at the end.

    Raises:
        CannotGoOnError: the folder's campaign has another seed, or was moved.
    """
    place = (folder or Path(tempfile.mkdtemp(prefix="seal-kills-"))).resolve()
    place.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(place, seed, say, whole_every)
    breaches: tuple[str, ...] = ()
    with _told(campaign, say) as told:
        breaches = campaign.run(kills)
    breaches = breaches or tuple(told)
    for line in breaches:
        say(f"seed {seed}, everything in {place}: {line}")
    if folder is None and not breaches:
        shutil.rmtree(place, ignore_errors=True)
    return _figures(campaign, breaches, place)


@contextlib.contextmanager
def _told(campaign: Campaign, say: Callable[[str], None]) -> Iterator[list[str]]:
    """Turn what ends a campaign into breaches, and end its processes."""
    told: list[str] = []
    try:
        yield told
    except (SimError, LedgerError, AssertionError, OSError, RuntimeError) as error:
        said = getattr(error, "words", ())
        told.append("; ".join((f"{type(error).__name__}: {error}", *said)))
    except KeyboardInterrupt:
        say(f"stopped after {campaign.progress.kills} kills; the same command goes on")
        raise
    finally:
        campaign.town.stop()


def _figures(campaign: Campaign, breaches: tuple[str, ...], place: Path) -> Kills:
    progress = campaign.progress
    waits_s = sorted(progress.waits_s) or [0.0]
    return Kills(
        machine=this_machine(),
        seed=progress.seed,
        kills=progress.kills,
        kinds=dict(sorted(Counter(progress.kinds).items())),
        minutes=round(progress.taken_s / 60, 1),
        back_p50_s=percentile(waits_s, 50),
        back_most_s=waits_s[-1],
        entries=campaign.looker.entries,
        whole_looks=progress.whole_looks,
        looked_at=campaign.looker.looked_at,
        breaches=breaches,
        folder=str(place),
    )
