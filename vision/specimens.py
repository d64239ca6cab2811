"""One impression beside one specimen: laid over each other, compared stroke by stroke.

Two seals of a village differ by a character, a line or a number, all else being the same cut by
the same hand. So the whole is only used to lay one over the other; what counts is whether every
place where strokes can be seen bears the specimen's strokes, and no place bears others.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.lifting import RADIUS_PX, SIDE_PX, Lifted
from vision.page import Gray
from vision.pressing import as_pressed, correlation

Mask = NDArray[np.bool_]

_ANGLES, _REACHES = 360, 72  # of the unwrapped disc: a degree, and 1.4 pixels
_BAND = (0.12, 0.9)  # of the radius: the ring itself is alike on every seal and any way up
_CORE = 0.25  # of the radius: the flat middle of a star
_BROAD_PX = 14.0  # pressure and light change over more than this
_LEAST_PART = 0.3  # of the usual strength: fainter than this is noise
_STROKES_PX = 4.0  # characters' strokes and the gaps between them are finer than this
_WINDOW_PX = 5.0  # deviation of the window in which strokes are compared: half a character
_OFF_PX = 2  # what tilt and curl leave over after laying
_TRIED = 2  # ways up; a star alone has five
_STEPS, _ENOUGH = 25, 1e-3  # of laying
_ASIDE_PX = 12  # at half size: a fifth of the radius, by which two strikes lie apart
# Shares of what the specimen's strokes usually have in a window.
_STROKED, _BARE = 0.5, 0.25
_KNOWN, _WELL_KNOWN = 0.6, 0.85  # share of a window that no other ink hides
_NOISE_PART = 0.2  # of bare places: the rest may bear ink of others
_LEGIBLE = 3.0  # times the noise, in deviations
# Of the usual ink: less is a place that was not pressed; beside it the pressure changes too fast.
_PRESSED, _BESIDE_PX = 0.45, 15
_STAR, _RING = 0.36, 0.92  # reaches within and beyond which they are
_PRESSURE_PX, _EVENLY = 22.0, 0.7  # over which pressure changes; share of the usual ink
# Likeness of strokes once noise is taken off. The same character has 0.85 and more, others that
# stand in its place 0.5 at the most, also where they share a half.
AGREES, DIFFERS = 0.75, 0.62


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
        alike: likeness of each place, -1..1; NaN where nothing can be told.
        strokes: the specimen's, laid over the impression.
    """

    laid: float
    agreeing: float
    seen: float
    differing: float
    added: float
    lacking: float
    alike: Gray
    strokes: Gray


def ways_up(specimen: Lifted, seen: Lifted) -> list[tuple[float, float]]:
    """Return the likeliest turns of `specimen` as (likeness 0..1, degrees), the best first."""
    one, other = _unwrapped(specimen), _unwrapped(seen)
    waves = (np.fft.rfft(other, axis=0) * np.conj(np.fft.rfft(one, axis=0))).sum(axis=1)
    size = max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-6)
    alike = np.fft.irfft(waves, _ANGLES) / size
    found = []
    for _ in range(_TRIED):
        best = int(alike.argmax())
        found.append((float(alike[best]), float(best)))
        alike[(best + np.arange(-8, 9)) % _ANGLES] = -1.0
    return found


def likeness(specimen: Lifted, seen: Lifted) -> Likeness:
    """Lay `specimen` over what was `seen` and compare them place by place."""
    laid = [_laid(specimen, seen, turned_deg) for _, turned_deg in ways_up(specimen, seen)]
    ink, known, how_well = max(laid, key=lambda one: one[2])
    trusted = np.asarray(seen.clear & known, np.float32)
    clear = np.asarray(trusted * (_reach() < _BAND[1]), np.float32)
    ink = as_pressed(ink, seen.ink, clear, RADIUS_PX)
    return _compared(ink, seen.ink, clear, _was_pressed(ink, seen.ink, trusted), how_well)


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


def _unwrapped(lifted: Lifted) -> Gray:
    """Angle by reach, each ring weighted by its length, pressure and light taken away."""
    reach = _reach()
    weight = lifted.clear & (reach > _BAND[0]) & (reach < _BAND[1])
    flat = _without_pressure(lifted.ink, np.asarray(weight, np.float32))
    middle = SIDE_PX / 2
    size, flags = (_REACHES, _ANGLES), cv2.INTER_LINEAR | cv2.WARP_POLAR_LINEAR
    strip = cv2.warpPolar(flat, size, (middle, middle), RADIUS_PX, flags)
    return np.asarray(strip * np.sqrt(np.arange(_REACHES) / _REACHES)[None, :], np.float32)


def _laid(specimen: Lifted, seen: Lifted, turned_deg: float) -> tuple[Gray, Mask, float]:
    """The specimen turned and then moved, stretched and sheared until it lies best."""
    half = SIDE_PX // 2
    everywhere = np.ones_like(specimen.ink)
    within = np.asarray(seen.clear & (_reach() < 1.05), np.float32)
    target, moving = (
        np.asarray(cv2.resize(_without_pressure(ink, weight), (half, half)), np.float32)
        for ink, weight in ((seen.ink, within), (specimen.ink, everywhere))
    )
    counts = np.asarray(cv2.resize(within, (half, half)) > 0.5, np.uint8)
    start = _moved(target, moving, turned_deg)
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _ENOUGH)
    tries = [start]
    try:
        _, found = cv2.findTransformECC(
            target, moving, start.copy(), cv2.MOTION_AFFINE, until, counts, 3
        )
        tries.append(np.asarray(found, np.float32))
    except cv2.error:  # nothing in common that could be followed
        pass
    size, known = (half, half), np.asarray(counts, np.float32)
    scored = [
        (correlation(_warp(moving, one, size), target, known), i) for i, one in enumerate(tries)
    ]
    how_well, best = max(scored)
    matrix = tries[best]
    matrix[:, 2] *= 2
    ink = _warp(specimen.ink, matrix, (SIDE_PX, SIDE_PX))
    clear = _warp(np.asarray(specimen.clear, np.float32), matrix, (SIDE_PX, SIDE_PX)) > 0.5
    return ink, clear, float(how_well)


def _warp(ink: Gray, matrix: Gray, size: tuple[int, int]) -> Gray:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(ink, matrix, size, flags=flags), np.float32)


def _moved(target: Gray, moving: Gray, turned_deg: float) -> Gray:
    """Turn, then move to where both agree most: the ring of a second strike draws it aside."""
    half = target.shape[0]
    matrix = cv2.getRotationMatrix2D((half / 2, half / 2), turned_deg, 1.0)
    turned = _warp(moving, np.asarray(matrix, np.float32), (half, half))
    wide = cv2.copyMakeBorder(target, *(_ASIDE_PX,) * 4, cv2.BORDER_CONSTANT, value=(0.0,))
    agreement = cv2.matchTemplate(wide, turned, cv2.TM_CCORR_NORMED)
    x, y = (place - _ASIDE_PX for place in cv2.minMaxLoc(agreement)[3])
    back = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y], [0.0, 0.0, 1.0]])
    return np.asarray(matrix @ back, np.float32)


def _was_pressed(ink: Gray, seen: Gray, trusted: Gray) -> Mask:
    """Where the ring and the star, which no words can replace, say that the seal was pressed."""
    reach = _reach()
    anchors = np.asarray(trusted * ((reach < _STAR) | (reach > _RING)) * (reach < 1.1), np.float32)
    wide = (0, 0), _PRESSURE_PX
    wanted = np.maximum(cv2.GaussianBlur(ink * ink * anchors, *wide), 1e-6)
    gain = cv2.GaussianBlur(ink * seen * anchors, *wide) / wanted
    known = wanted > 0.1 * float(wanted.max())
    usual = float(np.median(gain[known & (reach < 1)])) if (known & (reach < 1)).any() else 1.0
    return np.asarray(known & (gain > _EVENLY * usual), np.bool_)


def _compared(ink: Gray, seen: Gray, clear: Gray, was_pressed: Mask, how_well: float) -> Likeness:
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
    pressed = float(np.median(gain[stroked])) if stroked.any() else 0.0
    legible = stroked & (seen_power > _LEGIBLE**2 * noise)
    pale = stroked & (seen_power < (_PRESSED * pressed) ** 2 * power)
    legible &= cv2.dilate(pale.astype(np.uint8), np.ones((_BESIDE_PX, _BESIDE_PX), np.uint8)) == 0
    strong = seen_power > np.maximum(_STROKED**2 * pressed**2 * usual, 2 * _LEGIBLE**2 * noise)
    return Likeness(
        laid=how_well,
        agreeing=float((alike[legible] > AGREES).mean()) if legible.any() else 0.0,
        seen=float(legible.sum() / max(_whole(ink), 1)),
        differing=_largest(legible & (alike < DIFFERS)),
        added=_largest(bare & strong),
        lacking=_largest(pale & was_pressed & (weight > _WELL_KNOWN)),
        alike=np.where(legible | (bare & strong), alike, np.nan).astype(np.float32),
        strokes=wanted,
    )


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


def _whole(ink: Gray) -> int:
    """How many places bear strokes on the specimen, hidden or not."""
    everywhere = np.asarray(_told(), np.float32)
    wanted = _strokes(ink, everywhere)
    power = _window(wanted * wanted)
    return int((power > _STROKED**2 * _usual(power[everywhere > 0])).sum())


def _usual(power: Gray) -> float:
    """The median power of what is inked at all."""
    most = float(power.max(initial=0.0))
    return max(float(np.median(power[power > 0.05 * most])), 1e-9) if most > 0 else 1.0


def _largest(places: Mask) -> float:
    """The largest joined area, in windows."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return float(areas.max()) / _window_px() if count > 1 else 0.0


def _window_px() -> float:
    """Pixels of a window, within one deviation."""
    return float(np.pi * _WINDOW_PX**2)


def _strokes(ink: Gray, clear: Gray) -> Gray:
    """What is finer than a character; 0 where other ink hides it."""
    return _less(ink, clear, _STROKES_PX)


def _without_pressure(ink: Gray, weight: Gray) -> Gray:
    """Strokes that are equally strong where the seal was pressed hard and where it was not."""
    flat = _less(ink, weight, _BROAD_PX)
    usual = max(float(np.sqrt(np.square(flat).mean())), 1e-6)
    nearby = cv2.sqrt(np.maximum(cv2.GaussianBlur(flat * flat, (0, 0), _BROAD_PX), 0))
    even = flat / (np.asarray(nearby, np.float32) + _LEAST_PART * usual)
    return np.asarray(even / max(float(np.sqrt(np.square(even).mean())), 1e-6), np.float32)


def _less(ink: Gray, weight: Gray, broad_px: float) -> Gray:
    around = np.maximum(cv2.GaussianBlur(weight, (0, 0), broad_px), 1e-3)
    broad = cv2.GaussianBlur(ink * weight, (0, 0), broad_px) / around
    return np.asarray((ink - broad) * weight, np.float32)


def _window(values: NDArray[np.floating]) -> Gray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), _WINDOW_PX), np.float32)


def _told() -> Mask:
    """Where seals differ at all: not on the ring, nor in the middle of the star."""
    reach = _reach()
    return np.asarray((reach > _CORE) & (reach < _BAND[1]), np.bool_)


def _reach() -> Gray:
    """How far out each pixel of a lifted seal lies, 1 on its edge."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32) - SIDE_PX / 2
    return np.asarray(np.hypot(x, y) / RADIUS_PX, np.float32)
