"""Matching: give each of some places one of some candidates, none of them twice. Pure."""

from __future__ import annotations

from collections.abc import Callable


def matched(places: int, candidates: int, fits: Callable[[int, int], bool]) -> dict[int, int]:
    """Return as many places as can be filled, each with its candidate (numbers from 0).

    Where not all can be filled, earlier places come first. `fits(place, candidate)` says who may
    stand where.
    """
    holder: dict[int, int] = {}

    def place_one(place: int, tried: set[int]) -> bool:
        for candidate in range(candidates):
            if candidate in tried or not fits(place, candidate):
                continue
            tried.add(candidate)
            if candidate not in holder or place_one(holder[candidate], tried):
                holder[candidate] = place
                return True
        return False

    for place in range(places):
        place_one(place, set())
    return {place: candidate for candidate, place in holder.items()}
