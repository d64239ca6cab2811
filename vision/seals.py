"""Seals in a picture: every impression with its place, shape, colour and state.

Rings (round and oval) and square seals are sought on the page, or on the whole picture where no
paper's edge is seen; strips of riding seams at the page's edges. Blue seals are found likewise
and called blue. A picture without a coloured seal is searched for rings in its black print:
those are copies of seals, never impressions.
"""

from __future__ import annotations

import enum

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from vision.decoding import Image
from vision.ellipse import Ellipse, Ring, contents
from vision.ink import Ink, ink
from vision.page import Gray, Page, find_page
from vision.pale import pale_red
from vision.rings import LEAST_COVERAGE, find_rings, meet
from vision.ruled import long_lines
from vision.seal_state import FAINT, Condition, State, of_ring, of_square, of_strip
from vision.seams import find_seams
from vision.settling import settled
from vision.squares import find_squares

_LEAST_RED = 0.02  # of the paper's brightness; JPEG's colour steps on white paper reach 0.015
_LEAST_DARK = 0.1  # a copier's grey; shades on paper change slower than a ring
_LEAST_COPY = 0.1  # of the longer side, 30 mm on A4: smaller rings in print are logos
# Blue is the colour of forms and logos, so a blue seal has to be clearer and more whole.
_LEAST_BLUE, _BLUE_COVERAGE = 0.08, 0.85
_FILLED = 0.62  # share of ink from which a disc is a stain, as in `rings`
_PALE_COVERAGE = 0.85  # of a ring that only the second look at a page without seals shows
_CHARACTERS, _WRITTEN = (0.66, 0.83), 0.4  # where they stand, and their part of the ring's ink
MOST_LEAN = 0.45  # of its redness: orange has 0.5 and more, stamp-pad ink -0.2 to 0.25
_SURE = 0.8  # coverage of a ring from which a square around it is no rival
_BESIDE_PAGE = 1.005  # its outline is known to a few pixels
_LEAST_PAGE = 0.25  # of the picture: what is smaller may be a slip that lies on the page
_LAYERS = ("red", "blue", "dark")
_CLEARER = 0.1  # coverage by which a ring must be better without lines than among them
_WIPED = 1.12  # reach around a ring within which all ink is its own


class Colour(enum.StrEnum):
    """What a seal was stamped with."""

    RED = "red"
    BLUE = "blue"
    GREY = "grey"  # in black print: a copy, nothing was stamped


class Shape(enum.StrEnum):
    """The outline of the seal itself, however much of it is seen."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


class Seal(Struct, frozen=True, kw_only=True):
    """One impression, in pixels of the picture.

    Args:
        box: x, y, width, height around what is visible of it.
        outline: corners (x, y) clockwise, enough to draw it.
        ellipse: its outer edge; None for square seals and seam strips.
        condition: what state it is in and why.
        diameter_mm: longer axis (longer side of a square), None without a calibrated scale.
    """

    box: tuple[float, float, float, float]
    outline: tuple[tuple[float, float], ...]
    ellipse: Ellipse | None
    shape: Shape
    colour: Colour
    condition: Condition
    diameter_mm: float | None

    @property
    def state(self) -> State:
        """The word for its condition."""
        return self.condition.state


def find_seals(
    picture: Image,
    page: Page | None = None,
    *,
    px_per_mm: float | None = None,
    copies: bool = True,
) -> tuple[Seal, ...]:
    """Return the seals on `picture`, red ones first.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.
        px_per_mm: scale of the picture on a calibrated tray.
        copies: search black print when there is no coloured seal.
    """
    page = page or find_page(picture)
    maps = _on_page(ink(picture), page)
    least = max(_LEAST_RED, maps.noise)
    bare = _without_lines(maps.red, least)
    found = [
        _ring_seal(_settled(ring, on, maps, least), on, maps.red, maps.scale, Colour.RED, px_per_mm)
        for ring, on in _red_rings(maps, bare, least, page is not None and not page.whole)
    ]
    found = [seal for seal in found if not _is_orange(seal, maps)]
    sure = [seal for seal in found if seal.condition.coverage > _SURE]
    squares = _squares(maps, bare, sure, least, px_per_mm)
    found = [seal for seal in found if seal in sure or not _covered(seal, squares)] + squares
    found += _strips(maps, page, found, least)
    found = found or _pale(maps, page, px_per_mm)
    least_blue = max(_LEAST_BLUE, maps.noise)
    blue = _coloured(maps.blue, maps, Colour.BLUE, least_blue, _BLUE_COVERAGE, px_per_mm)
    found += [one for one in blue if one.condition.visible > 0.85 and not _covered(one, found)]
    if not found and copies:
        found = copied_seals(maps, px_per_mm)
    return tuple(found)


def _on_page(maps: Ink, page: Page | None) -> Ink:
    """The ink on the page alone: a desk of red wood would have all the votes."""
    if page is None or page.whole:
        return maps
    inside = _inside(maps, page)
    if float(inside.mean()) < _LEAST_PAGE:
        return maps
    cut = {name: np.where(inside, getattr(maps, name), np.float32(0)) for name in _LAYERS}
    return structs.replace(maps, **cut)


def _inside(maps: Ink, page: Page | None) -> NDArray[np.bool_]:
    """Where the page lies at working size; everywhere without one."""
    inside = np.ones(maps.red.shape, np.uint8)
    if page is None or page.whole:
        return inside > 0
    corners = np.array(page.corners, np.float32) * np.float32(maps.scale)
    middle = corners.mean(axis=0)
    inside[:] = 0
    grown = middle + (corners - middle) * np.float32(_BESIDE_PAGE)
    cv2.fillConvexPoly(inside, np.rint(grown).astype(np.int32), (1,))
    return inside > 0


def _pale(maps: Ink, page: Page | None, px_per_mm: float | None) -> list[Seal]:
    """Rings so pale that they drown in coarse colours; only whole ones, as chance makes halves.

    Clear ink was seen before, and it was no seal's; wide things have an edge like a ring here.
    """
    layer, least = pale_red(maps.shares, _inside(maps, page))
    least = max(_LEAST_RED, least)
    if float(layer.max(initial=0.0)) < least:
        return []
    bare = _without_lines(layer, least)
    rings = [
        settled(ring, bare, maps.dark, least)
        for ring in find_rings(bare, maps.dark, least, _PALE_COVERAGE)
        if ring.strength < FAINT and contents(maps.red, ring.ellipse)[0] < _FILLED
    ]
    seals = [_ring_seal(ring, bare, layer, maps.scale, Colour.RED, px_per_mm) for ring in rings]
    return [one for one in seals if one.condition.visible > 0.85 and not _is_orange(one, maps)]


def copied_seals(maps: Ink, px_per_mm: float | None = None) -> list[Seal]:
    """Return rings in black print: a page that bears one is a copy of a stamped page."""
    grey = _coloured(maps.dark, maps, Colour.GREY, _LEAST_DARK, LEAST_COVERAGE, px_per_mm)
    least_px = _LEAST_COPY * max(maps.dark.shape) / maps.scale
    return [one for one in grey if one.condition.visible > 0.85 and max(one.box[2:]) > least_px]


def _coloured(
    layer: Gray, maps: Ink, colour: Colour, least: float, coverage: float, px_per_mm: float | None
) -> list[Seal]:
    if float(layer.max(initial=0.0)) < least:
        return []
    dark = np.zeros_like(layer) if colour is Colour.GREY else maps.dark
    rings = find_rings(layer, dark, least, coverage)
    if colour is Colour.BLUE:
        rings = [ring for ring in rings if _is_written_on(ring, layer)]
    return [_ring_seal(ring, layer, layer, maps.scale, colour, px_per_mm) for ring in rings]


def _without_lines(layer: Gray, least: float) -> Gray:
    """`layer` itself where no long lines run over it."""
    lines = long_lines(layer, least)
    return np.where(lines, 0, layer).astype(np.float32) if lines.any() else layer


def _red_rings(maps: Ink, bare: Gray, least: float, outlined: bool) -> list[tuple[Ring, Gray]]:
    """Rings with the map that each was found on: without long red lines where there are some.

    On a crop a ring may be so large that a part of it is taken for a line. So where no page is
    outlined, the map is searched as it is, too, and the other map only adds what is clearer there.
    """
    layer = maps.red
    if float(layer.max(initial=0.0)) < least:
        return []
    hidden = maps.dark
    if bare is not layer:
        hidden = np.maximum(hidden, np.asarray(bare < layer, np.float32))
    found = [(one, bare) for one in find_rings(bare, hidden, least, halves=True)]
    if bare is layer or outlined:
        return found
    whole = [(one, layer) for one in find_rings(layer, maps.dark, least, halves=True)]
    for ring, on in found:
        same = [one for one in whole if meet(one[0].ellipse, ring.ellipse)]
        if all(one[0].coverage + _CLEARER < ring.coverage for one in same):
            whole = [one for one in whole if all(one is not other for other in same)]
            whole.append((ring, on))
    return whole


def _settled(ring: Ring, on: Gray, maps: Ink, least: float) -> Ring:
    """Args: on: the map that it was found on, the red one or that without lines."""
    lines = np.asarray(on < maps.red, np.float32)
    return settled(ring, on, np.maximum(maps.dark, lines), least)


def _is_written_on(ring: Ring, layer: Gray) -> bool:
    """Whether characters stand along the inside of a ring; round logos have paper there."""
    _, strong = contents(layer, ring.ellipse, _CHARACTERS)
    return strong > _WRITTEN * ring.strength


def _ring_seal(
    ring: Ring, on: Gray, layer: Gray, scale: float, colour: Colour, px_per_mm: float | None
) -> Seal:
    """Args: on: the map that it was found on, `layer` or that without lines."""
    hidden = None if on is layer else np.asarray(on < layer, np.bool_)
    condition, edge_reach = of_ring(ring, on, hidden)
    ellipse = ring.ellipse
    grown = Ellipse(
        ellipse.x, ellipse.y, ellipse.a * edge_reach, ellipse.b * edge_reach, ellipse.turned_deg
    ).scaled(1 / scale)
    height, width = layer.shape[0] / scale, layer.shape[1] / scale
    axis_px = 2 * max(grown.a, grown.b)
    return Seal(
        box=_clipped(grown.box(), width, height),
        outline=tuple((float(x), float(y)) for x, y in grown.points(count=24)),
        ellipse=grown,
        shape=Shape.OVAL if ellipse.aspect > OVAL_ASPECT else Shape.ROUND,
        colour=colour,
        condition=condition,
        diameter_mm=None if px_per_mm is None else axis_px / px_per_mm,
    )


# A round seal on a sheet that leans away by 30 degrees is 1.15 times as wide as high.
OVAL_ASPECT = 1.17


def _squares(
    maps: Ink, bare: Gray, found: list[Seal], least: float, px_per_mm: float | None
) -> list[Seal]:
    """Square seals; on a map with long lines also those that a line runs around or through."""
    squares = []
    wiped = _wiped(maps.red, found, maps.scale)
    for square in find_squares(
        wiped, least, wiped if bare is maps.red else np.minimum(wiped, bare)
    ):
        outline = tuple((x / maps.scale, y / maps.scale) for x, y in square.corners)
        x, y, width, height = (side / maps.scale for side in square.box())
        side_px = float(max(np.hypot(*np.subtract(outline[i], outline[i - 1])) for i in (1, 2)))
        squares.append(
            Seal(
                box=(x, y, width, height),
                outline=outline,
                ellipse=None,
                shape=Shape.SQUARE,
                colour=Colour.RED,
                condition=of_square(square),
                diameter_mm=None if px_per_mm is None else side_px / px_per_mm,
            )
        )
    return squares


def _strips(maps: Ink, page: Page | None, found: list[Seal], least: float) -> list[Seal]:
    """Seam strips at the edges of the page; a picture without a page has no such edges."""
    if page is None:
        return []
    layer, to_picture = _wiped(maps.red, found, maps.scale), np.diag([1.0, 1.0, maps.scale])
    if not page.whole:
        corners = np.array(page.corners, np.float32) * np.float32(maps.scale)
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
        across, down = round(float(max(sides[0::2]))), round(float(max(sides[1::2])))
        flat = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, flat)
        layer = np.asarray(cv2.warpPerspective(layer, matrix, (across, down)), np.float32)
        to_picture = to_picture @ np.linalg.inv(matrix)
    strips = []
    for seam in find_seams(layer, least):
        x, y, width, height = seam.box()
        corners = np.array([[(x, y), (x + width, y), (x + width, y + height), (x, y + height)]])
        outline = cv2.perspectiveTransform(corners.astype(np.float64), to_picture)[0]
        strips.append(_strip_seal(outline, seam.strength))
    return strips


def _strip_seal(outline: Gray, strength: float) -> Seal:
    low, high = outline.min(axis=0), outline.max(axis=0)
    return Seal(
        box=(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        outline=tuple((float(x), float(y)) for x, y in outline),
        ellipse=None,
        shape=Shape.ROUND,
        colour=Colour.RED,
        condition=of_strip(strength),
        diameter_mm=None,
    )


def _wiped(layer: Gray, found: list[Seal], scale: float) -> Gray:
    """A copy of `layer` without the seals that were found."""
    left = layer.copy()
    for seal in found:
        outline = np.array(seal.outline) * scale
        around = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * _WIPED
        cv2.fillPoly(left, [np.rint(around).astype(np.int32)], 0.0)
    return left


def _is_orange(seal: Seal, maps: Ink) -> bool:
    x, y, width, height = (round(side * maps.scale) for side in seal.box)
    red = maps.red[y : y + height, x : x + width]
    lean = maps.lean[y : y + height, x : x + width]
    inked = red > 0.5 * float(np.percentile(red, 95)) if red.size else np.zeros(0, np.bool_)
    return bool(inked.any()) and float(np.median(lean[inked] / red[inked])) > MOST_LEAN


def _covered(one: Seal, others: list[Seal]) -> bool:
    x, y = one.box[0] + one.box[2] / 2, one.box[1] + one.box[3] / 2
    return any(
        box[0] < x < box[0] + box[2] and box[1] < y < box[1] + box[3]
        for box in (other.box for other in others)
    )


def _clipped(
    box: tuple[float, float, float, float], width: float, height: float
) -> tuple[float, float, float, float]:
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    right, bottom = min(box[0] + box[2], width), min(box[1] + box[3], height)
    return left, top, max(right - left, 0.0), max(bottom - top, 0.0)
