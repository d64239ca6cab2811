"""One impression beside one specimen: laid over each other, compared stroke by stroke.

Two seals of a village differ by a character, a line or a number, all else being the same cut by
the same hand. So the whole is only used to lay one over the other; what counts is whether every
place where strokes can be seen bears the specimen's strokes, and no place bears others.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.laying import BAND, closer, laid, less, reach
from vision.lifting import RADIUS_PX, Lifted
from vision.page import Gray
from vision.pressing import as_pressed

Mask = NDArray[np.bool_]

_CORE = 0.25  # of the radius: the flat middle of a star
_STROKES_PX = 4.0  # characters' strokes and the gaps between them are finer than this
_WINDOW_PX = 5.0  # deviation of the window in which strokes are compared: half a character
_SLIVER_PX = 5
_OFF_PX = 2  # what tilt and curl leave over after laying
# Shares of what the specimen's strokes usually have in a window.
_STROKED, _BARE = 0.5, 0.25
_KNOWN, _WELL_KNOWN = 0.6, 0.85  # share of a window that no other ink hides
# Beside other print its blurred edge, which looks red, spoils a window; it proves no difference.
_FULLY_KNOWN = 0.72
_NOISE_PART = 0.2  # of bare places: the rest may bear ink of others
_LEGIBLE = 3.0  # times the noise, in deviations
# Of what is left over, the part that is grain, not difference; at 1.5 times their grain the same
# strokes have a likeness of 0.77.
_GRAIN_PART, _CLEARER = 0.3, 1.5
# Of the usual ink: less is a place that was not pressed; beside it the pressure changes too fast.
_PRESSED, _BESIDE_PX = 0.45, 15
_PRESSED_PART = 0.75  # of places: what is usual there, also where half of a seal is missing
_STAR, _RING = 0.36, 0.92  # reaches within and beyond which they are
_PRESSURE_PX, _EVENLY = 22.0, 0.7  # over which pressure changes; share of the usual ink
# Likeness of strokes once noise is taken off. The same character has 0.85 and more, others that
# stand in its place 0.5 at the most, also where they share a half.
AGREES, DIFFERS = 0.75, 0.62
# Of the impression itself, in its worst tenth; two characters that share a half lie so far below.
_WORST_PART, _BELOW_WORST = 0.1, 0.15


class Likeness(Struct, frozen=True):
    """How an impression compares with a specimen; areas in windows, a sixth of a character.

    Args:
        laid: how well both lie over each other as a whole, 0..1.
        agreeing: share of the specimen's strokes that are legible and agree, legible ones alone.
        seen: share of the specimen's strokes that are legible.
        differing: largest joined area in which other strokes stand.
        added: largest joined area with strokes where the specimen has none.
        lacking: largest joined area without strokes where the specimen has them, although ring or
            star beside it were pressed; where they were not, it may be dry.
        unseen: largest joined area of the specimen's characters, on paper that no other ink hides,
            of which nothing can be told.
        alike: likeness of each place, -1..1; NaN where nothing can be told.
        strokes: the specimen's, laid over the impression.
    """

    laid: float
    agreeing: float
    seen: float
    differing: float
    added: float
    lacking: float
    unseen: float
    alike: Gray
    strokes: Gray


class Explained(Struct, frozen=True):
    """A specimen laid over an impression and pressed as that was; not yet judged.

    Args:
        laid: as of `Likeness`.
        alike: likeness of each place, whether it tells anything or not.
        strokes: the specimen's.
        whole: where the specimen has strokes, hidden or not.
        known: where no other ink hides what is there.
        legible: where strokes stand out from noise and were pressed.
        clearness: power of the strokes that should be there against the ink there, squared.
        grain: the like of what is left over, where most is explained.
        added, lacking: as of `Likeness`, place by place.
    """

    laid: float
    alike: Gray
    strokes: Gray
    whole: Mask
    known: Mask
    legible: Mask
    clearness: Gray
    grain: float
    added: Mask
    lacking: Mask


def explained(specimen: Lifted, seen: Lifted) -> Explained:
    """Lay `specimen` over what was `seen`, pressed alike."""
    ink, known, how_well = laid(specimen, seen)
    trusted = np.asarray(seen.clear & known, np.float32)
    clear = np.asarray(trusted * (reach() < BAND[1]), np.float32)
    ink = closer(as_pressed(ink, seen.ink, clear, RADIUS_PX), seen.ink, clear)
    return _compared(ink, seen.ink, clear, _was_pressed(ink, seen.ink, trusted), how_well)


def judged(tries: Sequence[Explained]) -> list[Likeness]:
    """Return how an impression compares with each of several specimens.

    How grainy its ink is, the one tells that leaves least over. Where the strokes that should be
    there, wiped and blurred, do not exceed that, nothing can be told.
    """
    grain = min((one.grain for one in tries), default=0.0)
    return [_judged(one, grain) for one in tries]


def likeness(specimen: Lifted, seen: Lifted) -> Likeness:
    """Lay `specimen` over what was `seen` and compare them place by place."""
    return judged([explained(specimen, seen)])[0]


def apart(one: Likeness, other: Likeness) -> float:
    """Return how much better `one` explains the places where the two specimens differ.

    Likeness there, -2..2; 0 where nothing is legible or the specimens are the same.
    """
    change = _window(np.square(one.strokes - other.strokes))
    usual = _usual(_window(np.square(one.strokes)))
    told = (change > _STROKED**2 * usual / 2) & ~np.isnan(one.alike) & ~np.isnan(other.alike)
    if float(told.sum()) < _window_px():
        return 0.0
    return float(np.average(one.alike[told] - other.alike[told], weights=change[told]))


def _was_pressed(ink: Gray, seen: Gray, trusted: Gray) -> Mask:
    """Where the ring and the star, which no words can replace, say that the seal was pressed."""
    out = reach()
    anchors = np.asarray(trusted * ((out < _STAR) | (out > _RING)) * (out < 1.1), np.float32)
    wide = (0, 0), _PRESSURE_PX
    wanted = np.maximum(cv2.GaussianBlur(ink * ink * anchors, *wide), 1e-6)
    gain = cv2.GaussianBlur(ink * seen * anchors, *wide) / wanted
    known = wanted > 0.1 * float(wanted.max())
    inside = known & (out < 1)
    usual = float(np.quantile(gain[inside], _PRESSED_PART)) if inside.any() else 1.0
    return np.asarray(known & (gain > _EVENLY * usual), np.bool_)


def _compared(ink: Gray, seen: Gray, clear: Gray, was_pressed: Mask, how_well: float) -> Explained:
    wanted, found = _strokes(ink, clear), _strokes(seen, clear)
    weight = np.maximum(_window(clear), 1e-3)
    power = np.asarray(_window(wanted * wanted) / weight, np.float32)
    seen_power = np.asarray(_window(found * found) / weight, np.float32)
    inside = (weight > _KNOWN) & _told()
    usual = _usual(power[inside])
    stroked = inside & (power > _STROKED**2 * usual)
    near = cv2.dilate(power, np.ones((2 * _OFF_PX + 1,) * 2, np.uint8))
    bare = inside & (near < _BARE**2 * usual) & (weight > _WELL_KNOWN)
    noise = float(np.quantile(seen_power[bare], _NOISE_PART)) if bare.any() else 0.0
    alike, gain = _alike(wanted, found, clear, np.maximum(seen_power - noise, 1e-9), weight)
    pressed = float(np.quantile(gain[stroked], _PRESSED_PART)) if stroked.any() else 0.0
    legible = stroked & (seen_power > _LEGIBLE**2 * noise)
    pale = stroked & (seen_power < (_PRESSED * pressed) ** 2 * power)
    legible &= cv2.dilate(pale.astype(np.uint8), np.ones((_BESIDE_PX, _BESIDE_PX), np.uint8)) == 0
    inked = np.maximum(_window(seen * seen), 1e-6)
    left = (seen_power * (1 - alike**2) / inked)[legible]
    strong = seen_power > np.maximum(_STROKED**2 * pressed**2 * usual, 2 * _LEGIBLE**2 * noise)
    return Explained(
        laid=how_well,
        alike=alike,
        strokes=wanted,
        whole=_whole(ink),
        known=np.asarray(weight > _KNOWN, np.bool_),
        legible=legible & ((weight > _FULLY_KNOWN) | (alike > DIFFERS)),
        clearness=np.asarray(pressed**2 * power / inked, np.float32),
        grain=float(np.quantile(left, _GRAIN_PART)) if left.size else np.inf,
        added=bare & strong,
        lacking=pale & was_pressed & (weight > _WELL_KNOWN),
    )


def _judged(one: Explained, grain: float) -> Likeness:
    legible = one.legible & (one.clearness > _CLEARER * grain)
    return Likeness(
        laid=one.laid,
        agreeing=float((one.alike[legible] > AGREES).mean()) if legible.any() else 0.0,
        seen=float(legible.sum() / max(int(one.whole.sum()), 1)),
        differing=_largest(_broad(legible & (one.alike < _differing(one.alike[legible])))),
        added=_largest(one.added),
        lacking=_largest(one.lacking),
        unseen=_largest(_broad(one.whole & one.known & ~legible & (reach() > _STAR))),
        alike=np.where(legible | one.added, one.alike, np.nan).astype(np.float32),
        strokes=one.strokes,
    )


def _differing(alike: Gray) -> float:
    """Likeness under which strokes are others: where all else agrees well, a little is enough."""
    if not alike.size:
        return DIFFERS
    return min(max(DIFFERS, float(np.quantile(alike, _WORST_PART)) - _BELOW_WORST), AGREES)


def _alike(wanted: Gray, found: Gray, clear: Gray, power: Gray, weight: Gray) -> tuple[Gray, Gray]:
    """Likeness and strength of `found`, at the best of some small moves, place by place."""
    best = np.full(wanted.shape, -1.0, np.float32)
    gain = np.zeros(wanted.shape, np.float32)
    for x in range(-_OFF_PX, _OFF_PX + 1):
        for y in range(-_OFF_PX, _OFF_PX + 1):
            moved = np.roll(wanted, (y, x), axis=(0, 1)) * clear
            own = np.maximum(_window(moved * moved) / weight, 1e-9)
            both = _window(moved * found) / weight
            alike = np.clip(both / np.sqrt(own * power), -1, 1)
            better = alike > best
            best[better], gain[better] = alike[better], (both / own)[better]
    return best, gain


def _whole(ink: Gray) -> Mask:
    """Places that bear strokes on the specimen, hidden or not."""
    everywhere = np.asarray(_told(), np.float32)
    wanted = _strokes(ink, everywhere)
    power = _window(wanted * wanted)
    inked = power > _STROKED**2 * _usual(power[everywhere > 0])
    return np.asarray(inked & (everywhere > 0), np.bool_)


def _usual(power: Gray) -> float:
    """The median power of what is inked at all."""
    most = float(power.max(initial=0.0))
    return max(float(np.median(power[power > 0.05 * most])), 1e-9) if most > 0 else 1.0


def _largest(places: Mask) -> float:
    """The largest joined area, in windows."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return float(areas.max()) / _window_px() if count > 1 else 0.0


def _broad(places: Mask) -> Mask:
    """Without slivers: a character that is another is so over more than the width of a stroke."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_SLIVER_PX, _SLIVER_PX))
    return cv2.morphologyEx(places.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0


def _window_px() -> float:
    """Pixels of a window, within one deviation."""
    return float(np.pi * _WINDOW_PX**2)


def _strokes(ink: Gray, clear: Gray) -> Gray:
    """What is finer than a character; 0 where other ink hides it."""
    return less(ink, clear, _STROKES_PX)


def _window(values: NDArray[np.floating]) -> Gray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), _WINDOW_PX), np.float32)


def _told() -> Mask:
    """Where seals differ at all: not on the ring, nor in the middle of the star."""
    out = reach()
    return np.asarray((out > _CORE) & (out < BAND[1]), np.bool_)
