"""A ring that was followed on three sides and cut off on the fourth, laid where it runs on.

A search that ends on most of an oval may close it through its characters. The ring itself does
not jump: from where it is known it is followed angle by angle, and the ellipse is fitted to all
of it.
"""

from __future__ import annotations

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from vision.ellipse import ANGLES, REACHES, Ring, fitted, measure, profile, ridge
from vision.page import Gray

_WHOLE = 0.92  # coverage from which nothing is missing
_KNOWN = 0.5  # of all angles: an ellipse through less is anything
_ROUNDS = 3  # the profile reaches a quarter of the radius to both sides, so far is seen each time
# How far a ring leaves an ellipse within 3 degrees, in hundredths: 0.3 within 30 degrees is more
# than any found oval was off.
_STEP = 3
_PALE_PART = 0.35  # of the usual rise, as in `ellipse`
_BETTER = 0.05  # of coverage; chance strokes add less
_TOLERANCE = 0.035  # of the radius, as in `rings`


def settled(ring: Ring, ink: Gray, dark: Gray, least: float) -> Ring:
    """Return the ring through what `ring` follows and what goes on from there, if that is more.

    Args:
        ink: on which it was found.
        dark: what may hide parts of it.
        least: rise over the paper from which ink counts.
    """
    for _ in range(_ROUNDS):
        if ring.coverage > _WHOLE:
            break
        better = _once(ring, ink, dark, least)
        if better is None or better.coverage < ring.coverage + _BETTER:
            break
        ring = better
    return ring


def _once(ring: Ring, ink: Gray, dark: Gray, least: float) -> Ring | None:
    found, reaches = _tracked(ring, ridge(profile(ink, ring.ellipse)))
    if found.mean() < _KNOWN:
        return None
    ellipse = fitted(ring.ellipse, structs.replace(ring, hits=found), reaches, circle=False)
    if ellipse is None:
        return None
    return measure(ink, ellipse, _TOLERANCE, least, dark)[0]


def _tracked(ring: Ring, rises: Gray) -> tuple[NDArray[np.bool_], Gray]:
    """At which angles the ring was found, and where: its longest stretch is followed on in both
    directions, over characters that were taken for the ring."""
    middle = len(REACHES) // 2
    window = round(_TOLERANCE * 100)
    places = middle - window + rises[:, middle - window : middle + window + 1].argmax(axis=1)
    found, least = ring.hits.copy(), _PALE_PART * ring.strength
    begin, length = _longest(ring.hits)
    for start, way in ((begin + length - 1, 1), (begin, -1)):
        place = int(places[start % ANGLES])
        for step in range(1, (ANGLES - length) // 2 + 1):
            at = (start + way * step) % ANGLES
            low = max(place - _STEP, 0)
            place = low + int(rises[at, low : place + _STEP + 1].argmax())
            if rises[at, place] <= least:
                break
            found[at], places[at] = True, place
    return found, np.asarray(REACHES[places], np.float32)


def _longest(hits: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest stretch of hits begins, and over how many angles it runs."""
    runs = np.zeros(ANGLES, np.int64)
    for at in range(2 * ANGLES - 1, -1, -1):
        one = at % ANGLES
        runs[one] = min(int(runs[(one + 1) % ANGLES]) + 1, ANGLES) if hits[one] else 0
    begin = int(runs.argmax())
    return begin, int(runs[begin])
