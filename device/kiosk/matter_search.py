"""Search in the items list as clerks do: by pinyin initials, full pinyin, characters, or mixed.

The readings of a list are worked out once; after that a search is a walk over a few hundred
names. Pure, but for the readings that come from pypinyin's tables.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ledger.matters import Matter, Verdict, normalise

_VERDICT_RANK = {Verdict.ALLOWED: 0, Verdict.DISCRETIONARY: 1, Verdict.FORBIDDEN: 2}


class _Entry(Struct, frozen=True):
    """`readings[i]` are the toneless spellings of `name[i]`, which is normalised."""

    matter: Matter
    name: str
    readings: tuple[frozenset[str], ...]


class MatterIndex:
    """The readings of one list; immutable after construction."""

    def __init__(self, matters: Iterable[Matter]) -> None:
        """Work out the readings of every name."""
        self._entries = tuple(_entry(matter) for matter in matters)
        self._codes = {entry.name: entry.matter.code for entry in self._entries}

    def find(self, query: str, uses: Mapping[str, int]) -> tuple[Matter, ...]:
        """Return the items that match, best first; all of them for an empty query.

        Best: matched nearest to the beginning of the name, then used most often here (`uses`
        counts by code or name), then allowed before
        discretionary before forbidden, then list order.
        """
        wanted = normalise(query)
        often: Counter[str] = Counter()
        for named, times in uses.items():
            often[self._codes.get(normalise(named), named)] += times
        found = []
        for place, entry in enumerate(self._entries):
            at = _position(entry, wanted) if wanted else 0
            if at is not None:
                matter = entry.matter
                rank = _VERDICT_RANK[matter.verdict]
                found.append((min(at, 1), -often[matter.code], rank, at, place, matter))
        found.sort(key=lambda one: one[:5])
        return tuple(one[5] for one in found)


def _entry(matter: Matter) -> _Entry:
    name = normalise(matter.name)
    return _Entry(matter=matter, name=name, readings=_readings(name))


@functools.lru_cache(maxsize=4096)  # a new list names mostly what the one before did
def _readings(name: str) -> tuple[frozenset[str], ...]:
    from pypinyin import Style, pinyin

    return tuple(
        frozenset(
            reading.replace("ü", "v")
            for reading in (usual, *pinyin(character, style=Style.NORMAL, heteronym=True)[0])
        )
        for character, usual in zip(name, _usual_readings(name), strict=True)
    )


def _usual_readings(name: str) -> list[str]:
    """Return one reading a character, as the words around it want it (银行 is yin hang)."""
    from pypinyin import lazy_pinyin

    readings: list[str] = []
    for part in re.findall(r"[\u3400-\u9fff]+|.", name):
        spelled = lazy_pinyin(part)
        readings += spelled if len(spelled) == len(part) else list(part)
    return readings


def _position(entry: _Entry, wanted: str) -> int | None:
    """Return where in the name `wanted` begins to match, or None."""
    for start in range(len(entry.name)):
        if _matches(entry, start, wanted):
            return start
    return None


def _matches(entry: _Entry, at: int, wanted: str) -> bool:
    """Tell whether `wanted` spells the name from `at` on: each character as itself, or as a
    reading of it, whole or shortened to its first letters."""
    if not wanted:
        return True
    if at >= len(entry.name):
        return False
    if wanted[0] == entry.name[at] and _matches(entry, at + 1, wanted[1:]):
        return True
    return any(
        _matches(entry, at + 1, wanted[length:])
        for reading in entry.readings[at]
        for length in range(_shared(reading, wanted), 0, -1)
    )


def _shared(reading: Sequence[str], wanted: Sequence[str]) -> int:
    """Return how many letters at the beginning are the same."""
    length = 0
    for one, other in zip(reading, wanted, strict=False):
        if one != other:
            break
        length += 1
    return length
