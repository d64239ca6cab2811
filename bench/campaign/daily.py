"""The daily count over a tormented log: what an honest machine may never show, and what must show.

The log is the real one. Its clock alone is stretched, so that a soak of minutes has days and
midnights that fall anywhere between an intent and what became of it. Each day is reckoned as the
gateway's rule reckons it on the next morning. Then a stroke is planted of which no entry tells:
from a chance place on all counters say one more.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from gateway.audit import days, reckoning
from gateway.audit.reckoning import Difference, Facts
from gateway.stores import sqlite
from gateway.stores.calendar import LOCAL, local_date
from gateway.stores.views import StoredEntry
from ledger.records import Intent, SealUse, Start
from ledger.records_custody import Hatch

DAY_S = 40.0  # of the soak, for each day of the count
_DAY_MS = 24 * 60 * 60 * 1000
_COUNTERS = ("counter_before", "counter_after", "strokes_before", "strokes_after")


class Told(Struct, frozen=True, kw_only=True):
    """What the count says of one seal.

    Args:
        days: that were reckoned; `agreeing` of them.
        differences: in words, which an honest machine has none of.
        planted: strokes that were planted, 0 where the log has no place for one; `found` of them.
    """

    days: int
    agreeing: int
    differences: tuple[str, ...]
    planted: int
    found: int


def look(state: Path, machine: str, seal: str, chance: random.Random) -> Told:
    """Count the days of a seal in the store of a gateway, which may run.

    Args:
        state: the folder of its store.
    """
    store = sqlite.connect(sqlite.Options(folder=state, writable=False))
    try:
        with store.reader() as reader:
            found = (one for one in reader.all_entries() if one.machine == machine)
            entries = [one for one in found if one.kind in reckoning.KINDS]
            end_ms = max(one.received_ms for one in entries) + 2 * _DAY_MS
            facts = days.facts_of(reader, machine, entries, (end_ms, end_ms))
    finally:
        store.close()
    return told(entries, seal, facts, chance)


def told(
    entries: Sequence[StoredEntry],
    seal: str,
    facts: Facts,
    chance: random.Random,
    faster: float = _DAY_MS / (1000 * DAY_S),
) -> Told:
    """Return what the count says of a machine's entries, in the order of its chain.

    Args:
        faster: how much faster than they were written their days go by.
    """
    stretched = _stretched(entries, faster)
    end_ms = max(one.received_ms for one in stretched) + 2 * _DAY_MS
    facts = structs.replace(facts, heard_ms=end_ms, now_ms=end_ms)
    reckoned = list(_reckoned(stretched, seal, facts))
    honest = [one for day in reckoned for one in day.differences]
    place = _place(stretched, seal, chance)
    planted = [] if place is None else _reckoned(_planted(stretched, seal, place), seal, facts)
    more = [one for day in planted for one in day.differences if one not in honest]
    found = place is not None and [(one.kind, one.by, one.entry) for one in more] == [
        ("unrecorded", 1, stretched[place].sha256)
    ]
    return Told(
        days=len(reckoned),
        agreeing=sum(day.result == "agrees" for day in reckoned),
        differences=tuple(_words(day.day, one) for day in reckoned for one in day.differences),
        planted=int(place is not None),
        found=int(found),
    )


def _stretched(entries: Sequence[StoredEntry], faster: float) -> list[StoredEntry]:
    begin_ms = entries[0].position.at_ms

    def later(at_ms: int) -> int:
        return begin_ms + round((at_ms - begin_ms) * faster)

    def at(entry: StoredEntry) -> StoredEntry:
        position = structs.replace(entry.position, at_ms=later(entry.position.at_ms))
        return structs.replace(entry, position=position, received_ms=later(entry.received_ms))

    return [at(one) for one in entries]


def _reckoned(entries: Sequence[StoredEntry], seal: str, facts: Facts) -> Iterator[reckoning.Day]:
    """Yield each day as the next morning reckons it: from the counter of before on."""
    day = date.fromisoformat(local_date(entries[0].position.at_ms))
    last = date.fromisoformat(local_date(entries[-1].position.at_ms))
    while day <= last:
        from_ms = int(datetime.combine(day, time(), LOCAL).timestamp() * 1000)
        kept = days.from_base(entries, seal, from_ms)
        yield from reckoning.reckon(kept, seal, (day.isoformat(),), facts)
        day += timedelta(days=1)


def _place(entries: Sequence[StoredEntry], seal: str, chance: random.Random) -> int | None:
    """Return an entry that states the counter right after a use: no incident may cover it."""
    own = [n for n, one in enumerate(entries) if _is_about(one.body, seal)]
    fit = [
        n
        for before, n in itertools.pairwise(own)
        if isinstance(entries[before].body, SealUse)
        and reckoning.states(entries[n].body, seal)
        and entries[n].position.epoch == entries[before].position.epoch
    ]
    return chance.choice(fit) if fit else None


def _is_about(body: Any, seal: str) -> bool:
    return seal in body.strokes if isinstance(body, Start) else body.seal == seal


def _planted(entries: Sequence[StoredEntry], seal: str, place: int) -> list[StoredEntry]:
    """Return the entries with one more stroke in every counter from a place on."""
    more = (structs.replace(one, body=_with_one_more(one.body, seal)) for one in entries[place:])
    return [*entries[:place], *more]


def _with_one_more(body: Any, seal: str) -> Any:
    if not _is_about(body, seal):
        return body
    if isinstance(body, Start):
        return structs.replace(body, strokes={**body.strokes, seal: body.strokes[seal] + 1})
    if not isinstance(body, Intent | SealUse | Hatch):
        return body
    counters = {name: getattr(body, name, None) for name in _COUNTERS}
    said = {name: value + 1 for name, value in counters.items() if isinstance(value, int)}
    return structs.replace(body, **said)


def _words(day: str, one: Difference) -> str:
    where = ", ".join(map(str, one.indexes))
    return f"daily count of {day}: {one.kind} by {one.by} (entries {where} of the township's log)"
