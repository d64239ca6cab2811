"""Reckoning: a seal's strokes, its entries and the impressions seen, day by day. Pure.

Rules kept here:
- Each stroke belongs to one day: that of the entry that vouches for it, or, where none does, of the
  entry whose counter first tells of it. So days add up, and midnight splits nothing.
- Impressions are compared photo by photo: one too many hides no other one that is missing.
- What is known to differ is told whatever is still missing elsewhere.
- A day is told by the machine's clock, but no entry is of a day after its arrival.
- A counter that went back, and one of a new enrolment, begin anew: they are alerts of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from gateway.stores.calendar import local_date
from gateway.stores.sights import Sight
from gateway.stores.views import StoredEntry
from ledger.records import SEAM, Incident, Intent, Record, SealUse, Start
from ledger.records_custody import Hatch

KINDS = (Start.kind, Intent.kind, SealUse.kind, Incident.kind, Hatch.kind)

_UNREAD = "impression-unread"  # new red ink in which no seal is recognised

Result = Literal["agrees", "differs", "open"]
Kind = Literal[
    "unrecorded",  # the counter ran on and no entry says why
    "surplus",  # a photo shows more new impressions than its entry stands for
    "unseen",  # a photo shows no new impression
    "unmade",  # an entry stands for a stroke that the counter does not have
]
Lack = Literal[
    "today",  # the day is not over
    "silent",  # the machine has not spoken since
    "incident",  # nobody has counted yet what an incident made
    "photo",  # a photo is under way
    "sight",  # the gateway has not looked at the photos yet
    "unclear",  # neither machine nor gateway could tell: a person looks
]


class Difference(Struct, frozen=True, kw_only=True):
    """What does not agree: how many impressions, and which entries tell of it, by index.

    `entry` is the hash of the last of them.
    """

    kind: Kind
    by: int
    indexes: tuple[int, ...]
    entry: str


class Look(Struct, frozen=True, kw_only=True):
    """What the photos of one use show; `seen` None: it cannot be told, or not yet."""

    seen: int | None
    lacks: Lack | None = None


class Day(Struct, frozen=True, kw_only=True):
    """One seal's local day.

    Args:
        strokes: by the counter. entries: impressions that entries stand for, an open incident
            with its most.
        photographed: of them, those with a photo of their own. seen: on these photos.
    """

    day: str
    seal: str
    strokes: int = 0
    entries: int = 0
    photographed: int = 0
    seen: int = 0
    differences: tuple[Difference, ...] = ()
    lacks: tuple[Lack, ...] = ()

    @property
    def result(self) -> Result:
        """What is known to differ stands before what is missing."""
        if self.differences:
            return "differs"
        return "open" if self.lacks else "agrees"


class Facts(Struct, frozen=True, kw_only=True):
    """What stands beside the entries.

    Args:
        counted: impressions that a person counted, by hash of the incident.
        looks: by hash of the use.
        heard_ms: when the machine spoke last, by its own clock; all before has come.
        now_ms: the gateway's time.
    """

    counted: Mapping[str, int]
    looks: Mapping[str, Look]
    heard_ms: int
    now_ms: int


def reckon(
    entries: Sequence[StoredEntry], seal: str, days: Sequence[str], facts: Facts
) -> tuple[Day, ...]:
    """Return these local days of one seal.

    Args:
        entries: of one machine, of `KINDS`, in the order of its chain; the first one that states
            the seal's counter is what the others are compared with.
        days: ISO dates.
    """
    found = {day: _Sums() for day in days}
    day_of = _days_of(entries)
    for entry, strokes, difference in _strokes(entries, seal, facts):
        if (sums := found.get(day_of[entry.index])) is not None:
            sums.strokes += strokes
            sums.differ(difference)
    for entry in entries:
        sums = found.get(day_of[entry.index])
        if sums is not None and getattr(entry.body, "seal", None) == seal:
            _add(sums, entry, facts)
    return tuple(
        Day(
            day=day,
            seal=seal,
            strokes=sums.strokes,
            entries=sums.entries,
            photographed=sums.photographed,
            seen=sums.seen,
            differences=tuple(sums.differences),
            lacks=(*_missing(day, facts), *dict.fromkeys(sums.lacks)),
        )
        for day, sums in found.items()
    )


def seen_of(use: SealUse, sight: Sight | None) -> int | None:
    """Return the new impressions on a use's photo; None: neither machine nor gateway can tell.

    The gateway's look counts where it could compare the photos: it does not depend on the machine.
    The pieces of a seam stamp lie on several sheets and are one impression.
    """
    if sight is None or sight.failed is not None or sight.new_red is None:
        return _own(use.findings)
    new = sum(one.is_new for one in sight.seals)
    if new == 0 and _UNREAD in use.findings:
        return None
    return min(new, 1) if SEAM in use.flags else new


def states(body: Record, seal: str) -> bool:
    """Tell whether an entry says what a seal's counter is at."""
    return any(True for _ in _stated(body, seal))


class _Sums:
    """One day while it is added up."""

    def __init__(self) -> None:
        self.strokes = self.entries = self.photographed = self.seen = 0
        self.differences: list[Difference] = []
        self.lacks: list[Lack] = []

    def differ(self, difference: Difference | None) -> None:
        self.differences += [] if difference is None else [difference]


class _Cover(Struct):
    """An entry that vouches for strokes of which the counter has not told yet."""

    entry: StoredEntry
    least: int
    most: int


_Stroke = tuple[StoredEntry, int, Difference | None]


def written_ms(entry: StoredEntry) -> int:
    """Return when an entry was written (UTC milliseconds), by its machine's clock: at its arrival
    at the latest. A clock that ran ahead once stays ahead, and its days would never come."""
    return min(entry.position.at_ms, entry.received_ms)


def _days_of(entries: Iterable[StoredEntry]) -> dict[int, str]:
    """Return each entry's local day by index; it never lies before that of an earlier entry."""
    found: dict[int, str] = {}
    last = ""
    for entry in entries:
        last = found[entry.index] = max(last, local_date(written_ms(entry)))
    return found


def _strokes(entries: Sequence[StoredEntry], seal: str, facts: Facts) -> Iterator[_Stroke]:
    """Yield the strokes, each with the entry to whose day it belongs, and what of them and their
    entries does not agree."""
    covers: list[_Cover] = []
    last: tuple[StoredEntry, int] | None = None
    for entry in _without_openings(entries, seal):
        if last is not None and entry.position.epoch != last[0].position.epoch:
            yield from _believed(covers)
            last, covers = None, []
        body = entry.body
        if isinstance(body, Incident) and body.seal == seal and last is not None:
            covers.append(_Cover(entry, body.impressions_min, body.impressions_max))
        for counter, vouched in _stated(body, seal):
            covers += [_Cover(entry, vouched, vouched)] if vouched else []
            if last is None or counter < last[1]:
                yield from _believed(covers)
                covers = []
            else:
                yield from _settled(covers, counter - last[1], last[0], entry)
                # While an incident holds the machine, it may start and state the counter again.
                covers = [one for one in covers if isinstance(body, Start) and one.most]
            last = entry, counter
    yield from _believed(covers, facts.counted)


def _without_openings(entries: Iterable[StoredEntry], seal: str) -> Iterator[StoredEntry]:
    """Yield the entries but for those that state the counter while the hatch is open: what was
    made behind it is said when it is shut, since it was first opened."""
    opened = ""
    for entry in entries:
        body = entry.body
        if isinstance(body, Hatch) and body.seal == seal and body.step in ("opened", "closed"):
            again = body.step == "opened" and body.permit == opened
            opened = body.permit if body.step == "opened" else ""
            if again:
                continue
        if not (opened and isinstance(body, Start)):
            yield entry


def _stated(body: Record, seal: str) -> Iterator[tuple[int, int]]:
    """Yield what an entry says of the counter, each with the strokes since the last that it
    vouches for itself."""
    match body:
        case Start(strokes=strokes) if seal in strokes:
            yield strokes[seal], 0
        case Intent(seal=own, counter_before=before) if own == seal:
            yield before, 0
        case SealUse(seal=own, counter_before=before, counter_after=after) if own == seal:
            yield before, 0
            yield after, 1
        case Hatch(seal=own, strokes_before=int() as before, strokes_after=after) if own == seal:
            yield before, 0
            if after is not None:
                yield after, max(0, after - before)


def _settled(
    covers: list[_Cover], made: int, before: StoredEntry, entry: StoredEntry
) -> Iterator[_Stroke]:
    """Yield `made` strokes between two entries, given to those that vouch for them, in order;
    `covers` keep what they may still stand for."""
    left = made - sum(one.least for one in covers)
    for one in reversed(covers):
        lost = min(one.least, max(0, -left))
        more = min(one.most - one.least, max(0, left))
        left += lost - more
        given = one.least - lost + more
        unmade = _difference("unmade", lost, (before, one.entry)) if lost else None
        yield one.entry, given, unmade
        one.least, one.most = 0, max(0, one.most - one.least - more)
    if left > 0:
        yield entry, left, _difference("unrecorded", left, (before, entry))


def _believed(
    covers: Iterable[_Cover], counted: Mapping[str, int] | None = None
) -> Iterator[_Stroke]:
    """Yield what entries vouch for where no counter can be asked."""
    for one in covers:
        known = (counted or {}).get(one.entry.sha256, one.least)
        yield one.entry, min(max(known, one.least), one.most), None


def _difference(kind: Kind, by: int, entries: Iterable[StoredEntry]) -> Difference:
    known = {one.index: one for one in entries}
    last = known[max(known)]
    return Difference(kind=kind, by=by, indexes=tuple(sorted(known)), entry=last.sha256)


def _add(sums: _Sums, entry: StoredEntry, facts: Facts) -> None:
    """Add the impressions that one entry stands for, and what its photos show."""
    match entry.body:
        case SealUse():
            sums.entries += 1
            _look(sums, entry, facts.looks.get(entry.sha256, Look(seen=None, lacks="photo")))
        case Incident(impressions_min=least, impressions_max=most):
            counted = facts.counted.get(entry.sha256)
            sums.entries += most if counted is None else counted
            sums.lacks += ["incident"] if counted is None and least < most else []
        case Hatch(strokes_before=int() as before, strokes_after=int() as after):
            sums.entries += max(0, after - before)


def _look(sums: _Sums, entry: StoredEntry, look: Look) -> None:
    sums.photographed += 1
    sums.lacks += [] if look.lacks is None else [look.lacks]
    if look.seen is None:
        sums.lacks += [] if look.lacks is not None else ["unclear"]
        return
    sums.seen += look.seen
    if look.seen > 1:
        sums.differ(_difference("surplus", look.seen - 1, (entry,)))
    elif look.seen == 0 and look.lacks is None:
        sums.differ(_difference("unseen", 1, (entry,)))


def _missing(day: str, facts: Facts) -> tuple[Lack, ...]:
    """Return why a day cannot be whole yet."""
    if local_date(facts.now_ms) <= day:
        return ("today",)
    return ("silent",) if local_date(facts.heard_ms) <= day else ()


def _own(findings: Iterable[str]) -> int | None:
    """Return what the machine says in the signed use."""
    said = set(findings)
    if "impression-several" in said:
        return 2
    if "impression-missing" in said:
        return 0
    vague = said & {"unjudged", _UNREAD}
    return 1 if not vague and any(one.startswith("impression-") for one in said) else None
