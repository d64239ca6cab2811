"""Days: what the store knows of one seal's days, brought together for `gateway.audit.reckoning`.

Nothing is kept: a day is worked out from the log, the sights and the photos' arrivals whenever it
is asked for, so whatever comes late is in the next answer. A seal's days take five short walks
along an index, and two look-ups for each use in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from gateway.audit import reckoning
from gateway.audit.reckoning import Day, Facts, Look
from gateway.stores import Reader
from gateway.stores.calendar import LOCAL, local_date
from gateway.stores.views import LogFilter, StoredEntry
from ledger.records import CountStatement, Incident, SealUse

# After this a photo that the eyes have not looked at (they are off, or far behind) is judged by the
# machine's own word; the eyes take 5 s for one (docs/benchmarks.md).
SIGHT_PATIENCE_MS = 24 * 60 * 60 * 1000
_PAGE = 100


def last_days(at_ms: int, count: int) -> tuple[str, ...]:
    """Return the local day of a moment and those before it, `count` in all, the oldest first."""
    last = date.fromisoformat(local_date(at_ms))
    return tuple((last - timedelta(days=one)).isoformat() for one in reversed(range(count)))


def reckoned(
    reader: Reader, machine: str, seal: str, days: tuple[str, ...], moment: tuple[int, int]
) -> tuple[Day, ...]:
    """Return these days of one seal of a machine.

    Args:
        days: ISO dates that follow one another.
        moment: the gateway's time, and when the machine spoke last by its own clock.
    """
    midnight = datetime.combine(date.fromisoformat(days[0]), time(), LOCAL)
    from_ms = int(midnight.timestamp() * 1000)
    entries = _entries(reader, machine, seal, from_ms)
    facts = facts_of(reader, machine, entries, moment, from_ms)
    return reckoning.reckon(entries, seal, days, facts)


def facts_of(
    reader: Reader,
    machine: str,
    entries: Iterable[StoredEntry],
    moment: tuple[int, int],
    from_ms: int = 0,
) -> Facts:
    """Return what stands beside these entries of a machine.

    Args:
        moment: as of `reckoned`.
        from_ms: uses from then on are looked up.
    """
    now_ms, heard_ms = moment
    return Facts(
        counted=_counted(reader, machine, entries),
        looks={
            one.sha256: _look(reader, one.sha256, one.body, now_ms)
            for one in entries
            if isinstance(one.body, SealUse) and one.received_ms >= from_ms
        },
        heard_ms=heard_ms,
        now_ms=now_ms,
    )


def from_base(entries: Sequence[StoredEntry], seal: str, from_ms: int) -> tuple[StoredEntry, ...]:
    """Return the entries from the last one on that states the counter before a moment."""
    before = [one for one in entries if one.received_ms < from_ms]
    stating = [one.index for one in before if reckoning.states(one.body, seal)]
    first = max(stating, default=-1)
    return tuple(one for one in entries if one.index >= first)


def _entries(reader: Reader, machine: str, seal: str, from_ms: int) -> tuple[StoredEntry, ...]:
    """Return what to reckon with, from the last entry on that states the counter before the days.

    What arrived before them is before them; what a machine's clock says of that proves nothing.
    """
    found: dict[int, StoredEntry] = {}
    for kind in reckoning.KINDS:
        found |= {one.index: one for one in _since(reader, machine, seal, kind, from_ms)}
    return from_base([found[index] for index in sorted(found)], seal, from_ms)


def _since(
    reader: Reader, machine: str, seal: str, kind: str, from_ms: int
) -> Iterator[StoredEntry]:
    """Yield the entries of a kind, newest first, and one of before."""
    own = None if kind == "start" else seal
    which = LogFilter(machine=machine, kinds=(kind,), seal=own)
    before: int | None = None
    while page := reader.entries(which, before, _PAGE):
        for entry in page:
            yield entry
            if entry.received_ms < from_ms:
                return
        before = page[-1].index


def _counted(reader: Reader, machine: str, entries: Iterable[StoredEntry]) -> dict[str, int]:
    """Return what people counted of the incidents."""
    incidents = [one.sha256 for one in entries if isinstance(one.body, Incident)]
    if not incidents:
        return {}
    which = LogFilter(machine=machine, kinds=(CountStatement.kind,))
    stated = [one.body for one in reader.entries(which, None, _PAGE)]
    found = {one.incident: one.impressions for one in stated if isinstance(one, CountStatement)}
    holds = ((one, reader.hold(one)) for one in incidents)
    released = {
        name: hold.counted for name, hold in holds if hold is not None and hold.counted is not None
    }
    return found | released


def _look(reader: Reader, sha256: str, use: SealUse, now_ms: int) -> Look:
    """Return what is known of a use's photos."""
    sight = reader.sight(sha256)
    seen = reckoning.seen_of(use, sight)
    if sight is not None:
        return Look(seen=seen)
    photos = reader.photos(sha256)
    if any(one.stored_ms is None for one in photos):
        return Look(seen=seen, lacks="photo")
    if any(one.erased_ms is not None for one in photos):
        return Look(seen=seen)
    arrived_ms = max((one.stored_ms or 0 for one in photos), default=0)
    waits = now_ms - arrived_ms <= SIGHT_PATIENCE_MS
    return Look(seen=seen, lacks="sight" if waits else None)
