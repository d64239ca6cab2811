"""Rings on an ink map: each hypothesis is followed, fitted and judged by the ink along it.

What makes a ring of a seal: ink on most of the angles that can be seen, paper on both sides of
it, something inside (characters, a star) but not everywhere. Text, tables and emblems fail one
of these.
"""

from __future__ import annotations

import numpy as np

from vision.ellipse import ANGLES, Across, Ellipse, Ring, contents, cut_across, fitted, ring_near
from vision.page import Gray
from vision.voting import OVAL, ROUND, edges, hypotheses

# Share of the visible ring that bears ink, along 3-degree steps. Chance gives 0.2 to 0.5 on dense
# text; broken and dried-out rings of real impressions keep 0.7 and more of what print leaves.
LEAST_COVERAGE = 0.62
_OVAL_COVERAGE = 0.75  # an ellipse has two more ways to follow chance strokes than a circle
_LARGE, _LARGE_COVERAGE = 0.28, 0.85  # radius of the longest side: frames and paper edges bend, too
# Half a ring, pressed askew: its arc is closed over a length that strokes by chance never reach.
_LEAST_RUN_DEG, _HALF_COVERAGE = 150.0, 0.42
_HALF_EDGES = 3_000
_CLEAR_ARC = 0.85  # share of the ring from which it counts as wholly on the page, or seen
_LEAST_ARC = 0.14  # of a seam half: less is a stroke
_LEAST_SEAM_COVERAGE = 0.75
# A seam half is no larger than the largest seal, 60 mm of 297 mm, its radius a tenth of the page.
_LARGEST_SEAM = 0.11
# Share of the inner disc with ink: an emblem is filled, the stain of a cup bare.
_INSIDE = (0.02, 0.62)
_RING_PART = 0.3  # of the ink inside: a ring much paler than its characters is their blur
# How far from the last ellipse the ring is looked for, step by step, as a share of the radius.
_WIDE, _NARROW = (0.14, 0.10, 0.06, 0.04), (0.07, 0.05, 0.04)
_HOPELESS = 0.3  # coverage near a hypothesis, however loosely followed, from which fitting pays
_MOST_FOLLOWED = 24
_SAME_CENTRE = 0.45  # of the radius: nearer centres belong to the same seal
_OUTER_RING = 1.06  # further out by so much there may be a second ring around the first
_SHARED = 0.6  # of a ring; seals that touch or overlap share less
_WORN = 0.12  # of coverage
_ROUND_ASPECT = 1.17  # a circle on a sheet that leans away by 30 degrees


def find_rings(
    ink: Gray,
    dark: Gray,
    least: float,
    coverage: float = LEAST_COVERAGE,
    *,
    halves: bool = False,
) -> list[Ring]:
    """Return the rings on `ink`, the clearest first; rings inside of others are left out.

    Args:
        dark: black print, which may hide parts of a ring.
        least: rise over the paper from which ink counts.
        coverage: least share of a ring that must be there.
        halves: also take half a ring, pressed askew.
    """
    found: list[Ring] = []
    all_edges = edges(ink, least)
    # Half a circle also fits half of an oval, so whole ovals go first.
    for stretches, half in ((ROUND, False), (OVAL, False), (ROUND, True))[: 3 if halves else 2]:
        left = all_edges.without([ring.ellipse for ring in found])
        left = left.fewer(_HALF_EDGES) if half else left
        followed = 0
        for one in hypotheses(left, stretches):
            if followed == _MOST_FOLLOWED:
                break
            if any(_explained(one.ellipse, ring.ellipse) for ring in found):
                continue
            followed += 1
            ring = follow(ink, dark, one.ellipse, least)
            if ring is None or ring.strength <= least or not _is_seal(ring, ink, coverage, half):
                continue
            if half and any(_meets(ring.ellipse, other.ellipse) for other in found):
                continue
            found = _joined(found, ring)
    return sorted(found, key=lambda ring: -ring.coverage * ring.arc)


def follow(ink: Gray, dark: Gray, start: Ellipse, least: float) -> Ring | None:
    """Return the ring that runs near `start`, fitted and measured; None when there is none.

    The wide search forgives a rough start; the narrow one is not drawn away by a second ring
    beside the first. Whichever ends on more ink is right.
    """
    begin = cut_across(ink, start)
    if ring_near(begin, _WIDE[0], least)[0].coverage < _HOPELESS:
        return None
    ends = [_followed(ink, begin, least, path) for path in (_WIDE, _NARROW)]
    found = [one for one in ends if one is not None]
    if not found:
        return None
    exact = [int(np.count_nonzero(ring_near(one, 0.02, least)[0].hits)) for one in found]
    return ring_near(found[int(np.argmax(exact))], 0.035, least, dark)[0]


def meet(one: Ellipse, other: Ellipse) -> bool:
    """Whether two rings were drawn around the same ink: most of one lies in the other."""
    points = one.points(count=24), other.points(count=24)
    inside = (other.reach_of(points[0]) < 1.1).mean(), (one.reach_of(points[1]) < 1.1).mean()
    return bool(max(inside) > _SHARED)


def _joined(found: list[Ring], ring: Ring) -> list[Ring]:
    """`found` with `ring`, unless that is a part of another or drawn around several."""
    if any(_within(ring.ellipse, other.ellipse) for other in found):
        return found
    inside = [other for other in found if _within(other.ellipse, ring.ellipse)]
    same = [other for other in found if _same(ring.ellipse, other.ellipse)]
    if any(other.coverage >= ring.coverage for other in same):
        return found
    inside += [other for other in same if all(other is not one for one in inside)]
    # A second ring around the first may be more worn; one drawn around several must be better.
    if any(other.coverage > ring.coverage + _WORN * _concentric(other, ring) for other in inside):
        return found
    return [other for other in found if all(other is not one for one in inside)] + [ring]


def _same(one: Ellipse, other: Ellipse) -> bool:
    """Whether two rings were drawn around one seal, perhaps struck twice; see `_explained`."""
    apart = float(np.hypot(one.x - other.x, one.y - other.y))
    alike = 1 / _OUTER_RING < one.radius / other.radius < _OUTER_RING
    return alike and apart < _SAME_CENTRE * other.radius


def _concentric(one: Ring, other: Ring) -> bool:
    apart = np.hypot(one.ellipse.x - other.ellipse.x, one.ellipse.y - other.ellipse.y)
    return bool(apart < 0.2 * other.ellipse.radius)


def _followed(
    ink: Gray, begin: Across, least: float, tolerances: tuple[float, ...]
) -> Across | None:
    seen, start = begin, begin.ellipse
    round_start = start.aspect < 1.05
    for tolerance in tolerances:
        ring, reaches = ring_near(seen, tolerance, least)
        if ring.coverage < _HOPELESS:
            return None
        # An ellipse through a short arc is anything.
        short = int(np.count_nonzero(ring.hits)) < ANGLES / 2
        circle = round_start and (short or tolerance == tolerances[0])
        better = fitted(seen.ellipse, ring, reaches, circle)
        if better is None or not _near(better, start):
            return None
        seen = cut_across(ink, better)
    return seen


def _near(found: Ellipse, start: Ellipse) -> bool:
    moved = np.hypot(found.x - start.x, found.y - start.y)
    grown = found.radius / start.radius
    return bool(moved < 0.4 * start.radius and 0.7 < grown < 1.4 and found.aspect < 2.0)


def _is_seal(ring: Ring, ink: Gray, coverage: float, halves: bool) -> bool:
    if ring.on_map < _CLEAR_ARC:
        seam = ring.ellipse.radius < _LARGEST_SEAM * max(ink.shape)
        if not seam or ring.arc < _LEAST_ARC or ring.coverage < _LEAST_SEAM_COVERAGE:
            return False
    elif ring.arc < _CLEAR_ARC and float(ring.hits.mean()) < _HALF_COVERAGE:
        return False  # much of it is hidden, and the rest may be chance
    elif not _closed_enough(ring, max(ink.shape), coverage, halves):
        return False
    share, strong = contents(ink, ring.ellipse)
    return _INSIDE[0] < share < _INSIDE[1] and ring.strength > _RING_PART * strong


def _closed_enough(ring: Ring, longest: int, coverage: float, halves: bool) -> bool:
    """Whether so much of a ring, or so long a part of it, is no chance."""
    if ring.ellipse.radius > _LARGE * longest:
        return ring.coverage > _LARGE_COVERAGE
    if ring.ellipse.aspect > _ROUND_ASPECT:
        return ring.coverage > max(coverage, _OVAL_COVERAGE)
    if ring.coverage > coverage:
        return True
    if not halves or ring.ellipse.radius > _LARGEST_SEAM * longest:
        return False
    return ring.coverage > _HALF_COVERAGE and ring.longest_run_deg > _LEAST_RUN_DEG


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


def _meets(half: Ellipse, found: Ellipse) -> bool:
    """Whether half a ring follows a part of one that was found whole."""
    return bool((found.reach_of(half.points(count=24)) < 1.1).mean() > 0.25)
