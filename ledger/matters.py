"""Matters: what may be stamped. Layers of lists become one answer for each item, with why.

Precedence (docs/domain.md): national, province, county, township. A lower layer may forbid or
fill gaps, and may narrow `allowed` to `discretionary`; it never allows what a higher one
forbids. What stands on no list is refused. Items of different lists are the same item when
their names agree after `normalise`, because every authority has codes of its own. Pure; the
device answers offline with it.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, structs

Layer = Literal["national", "province", "county", "township"]
LAYERS: tuple[Layer, ...] = ("national", "province", "county", "township")


class Verdict(enum.Enum):
    """What an items list says of an item."""

    ALLOWED = "allowed"  # may be stamped once it is approved
    FORBIDDEN = "forbidden"  # must not be stamped; the applicant is sent elsewhere
    DISCRETIONARY = "discretionary"  # may be stamped with the evidence that its policy names


class Matter(Struct, frozen=True, kw_only=True):
    """One item of a list, as an authority published it.

    Args:
        code: the authority's own code, unique in its list.
        layer, place: who says so: the layer and the name of the jurisdiction.
        instead: where the applicant goes instead, empty where nothing is published.
        basis: the published source.
        approver: who must agree, as published; empty where nothing is published.
        max_copies: most copies of one request, or None.
    """

    code: str
    name: str
    verdict: Verdict
    layer: Layer
    place: str
    category: str = ""
    materials: str = ""
    instead: str = ""
    basis: str = ""
    approver: str = ""
    max_copies: int | None = None


class MatterList(Struct, frozen=True, kw_only=True):
    """One version of one authority's list, in force from a day (ISO date, local)."""

    layer: Layer
    place: str
    version: int
    from_date: str
    matters: tuple[Matter, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """What the lists say of one item: the verdict, a stable reason, and the item that decided.

    Reasons: `on-list`, `discretionary`, `forbidden`, `off-list`.
    """

    verdict: Verdict
    reason: str
    matter: Matter | None


def normalise(name: str) -> str:
    """Return a name as it is compared: NFKC, without spaces and punctuation."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN")


def resolve(lists: Iterable[MatterList], date: str) -> tuple[Matter, ...]:
    """Return the one list that applies on a day, highest layers first.

    Of each (layer, place) only the newest version in force counts. Every name stands once, with
    the item that decides it.
    """
    decided: dict[str, Matter] = {}
    for one in sorted(_in_force(lists, date), key=lambda one: LAYERS.index(one.layer)):
        for matter in one.matters:
            name = normalise(matter.name)
            standing = decided.get(name)
            if standing is None or _narrows(standing, matter):
                decided[name] = matter
    return _with_unique_codes(decided.values())


def look_up(matters: Iterable[Matter], code_or_name: str) -> Answer:
    """Return what a resolved list says of an item, by its code or by its name."""
    name = normalise(code_or_name)
    for matter in matters:
        if matter.code == code_or_name or normalise(matter.name) == name:
            return _answer(matter)
    return Answer(verdict=Verdict.FORBIDDEN, reason="off-list", matter=None)


def _answer(matter: Matter) -> Answer:
    reasons = {
        Verdict.ALLOWED: "on-list",
        Verdict.FORBIDDEN: "forbidden",
        Verdict.DISCRETIONARY: "discretionary",
    }
    return Answer(verdict=matter.verdict, reason=reasons[matter.verdict], matter=matter)


def _in_force(lists: Iterable[MatterList], date: str) -> list[MatterList]:
    newest: dict[tuple[str, str], MatterList] = {}
    for one in lists:
        if one.from_date <= date:
            key = (one.layer, one.place)
            if key not in newest or newest[key].version < one.version:
                newest[key] = one
    return list(newest.values())


def _narrows(standing: Matter, lower: Matter) -> bool:
    rank = {Verdict.ALLOWED: 0, Verdict.DISCRETIONARY: 1, Verdict.FORBIDDEN: 2}
    if rank[lower.verdict] != rank[standing.verdict]:
        return rank[lower.verdict] > rank[standing.verdict]
    return lower.verdict is Verdict.ALLOWED and lower.layer != standing.layer


def _with_unique_codes(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    taken: set[str] = set()
    unique = []
    for matter in matters:
        code = matter.code
        if code in taken:
            code = f"{matter.layer}-{matter.code}"
        taken.add(code)
        unique.append(structs.replace(matter, code=code))
    return tuple(unique)
