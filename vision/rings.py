"""Rings on an ink map: each hypothesis is followed, fitted and judged by the ink along it.

What makes a ring of a seal: ink on most of the angles that can be seen, paper on both sides of
it, something inside (characters, a star) but not everywhere. Text, tables and emblems fail one
of these.
"""

from __future__ import annotations

import numpy as np

from vision.ellipse import Ellipse, Ring, contents, fitted, measure
from vision.page import Gray
from vision.voting import OVAL, ROUND, edges, hypotheses

# Measured along 3-degree steps. Chance gives 0.2 to 0.5 on dense text; broken and dried-out
# rings of real impressions keep 0.7 and more of what print does not hide.
LEAST_COVERAGE = 0.62
_CLEAR_ARC = 0.85  # visible share of the ring from which it counts as wholly on the page
_LEAST_ARC = 0.14  # of a seam half: less is a stroke
_LEAST_SEAM_COVERAGE = 0.75
# A seam half is no larger than the largest seal, 60 mm of 297 mm, its radius a tenth of the page.
_LARGEST_SEAM = 0.11
_INSIDE = (
    0.02,
    0.62,
)  # share of the inner disc that bears ink; an emblem is filled, a cup stain bare
_HOPELESS = 0.4  # coverage near a hypothesis, however loosely followed, from which fitting pays
_RING_PART = 0.3  # of the ink inside: a ring much paler than its characters is their blur
_MOST_FOLLOWED = 24
_SAME_CENTRE = 0.45  # of the radius: nearer centres belong to the same seal
_OUTER_RING = 1.06  # further out by so much there may be a second ring around the first


def find_rings(ink: Gray, dark: Gray, least: float, coverage: float = LEAST_COVERAGE) -> list[Ring]:
    """Return the rings on `ink`, the clearest first; rings inside of others are left out.

    Args:
        dark: black print, which may hide parts of a ring.
        least: rise over the paper from which ink counts.
        coverage: least share of a ring that must be there.
    """
    found: list[Ring] = []
    all_edges = edges(ink, least)
    for stretches in (ROUND, OVAL):
        left = all_edges.without([ring.ellipse for ring in found])
        followed = 0
        for one in hypotheses(left, stretches):
            if followed == _MOST_FOLLOWED:
                break
            if any(_explained(one.ellipse, ring.ellipse) for ring in found):
                continue
            followed += 1
            ring = follow(ink, dark, one.ellipse, least)
            if ring is not None and ring.strength > least and _is_seal(ring, ink, coverage):
                found = [other for other in found if not _within(other.ellipse, ring.ellipse)]
                if not any(_within(ring.ellipse, other.ellipse) for other in found):
                    found.append(ring)
    return sorted(found, key=lambda ring: -ring.coverage * ring.arc)


def follow(ink: Gray, dark: Gray, start: Ellipse, least: float) -> Ring | None:
    """Return the ring that runs near `start`, fitted and measured; None when there is none."""
    ellipse = start
    round_start = start.aspect < 1.05
    for tolerance in (0.14, 0.10, 0.06, 0.04):
        ring, reaches = measure(ink, ellipse, tolerance, least)
        if ring.coverage < _HOPELESS:
            return None
        short = float(ring.hits.mean()) < 0.45  # an ellipse through a short arc is anything
        better = fitted(ellipse, ring, reaches, round_start and (short or tolerance == 0.14))
        if better is None or not _near(better, start):
            return None
        ellipse = better
    return measure(ink, ellipse, 0.035, least, dark)[0]


def _near(found: Ellipse, start: Ellipse) -> bool:
    moved = np.hypot(found.x - start.x, found.y - start.y)
    grown = found.radius / start.radius
    return bool(moved < 0.4 * start.radius and 0.7 < grown < 1.4 and found.aspect < 2.0)


def _is_seal(ring: Ring, ink: Gray, coverage: float) -> bool:
    if ring.arc < _CLEAR_ARC:
        seam = ring.ellipse.radius < _LARGEST_SEAM * max(ink.shape)
        if not seam or ring.arc < _LEAST_ARC or ring.coverage < _LEAST_SEAM_COVERAGE:
            return False
    elif ring.coverage < coverage:
        return False
    share, strong = contents(ink, ring.ellipse)
    return _INSIDE[0] < share < _INSIDE[1] and ring.strength > _RING_PART * strong


def _explained(start: Ellipse, found: Ellipse) -> bool:
    """Whether `start` means a ring that was found, or one of its own characters."""
    apart = float(np.hypot(start.x - found.x, start.y - found.y))
    if start.radius > _OUTER_RING * found.radius and apart < 0.2 * found.radius:
        return start.radius > 1.6 * found.radius
    if start.radius < 0.6 * found.radius:
        return apart < found.radius
    return apart < _SAME_CENTRE * found.radius


def _within(inner: Ellipse, outer: Ellipse) -> bool:
    """Whether `inner` lies inside of `outer` for the most part."""
    reach = outer.reach_of(inner.points(count=24))
    return bool((reach < 1.08).mean() > 0.8)
