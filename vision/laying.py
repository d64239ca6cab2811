"""A specimen laid over an impression: which way up it lies, where, and how far it is tilted.

The whole of both counts here, ring, star and words, with pressure and light taken away; whether
one is the other is told place by place afterwards (`vision.specimens`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.lifting import RADIUS_PX, SIDE_PX, Lifted
from vision.page import Gray, MatLike
from vision.pressing import correlation

Mask = NDArray[np.bool_]

BAND = (0.12, 0.9)  # of the radius: the ring itself is alike on every seal and any way up
_ANGLES, _REACHES = 360, 72  # of the unwrapped disc: a degree, and 1.4 pixels
_BROAD_PX = 14.0  # pressure and light change over more than this
_LEAST_PART = 0.6  # of the usual strength: fainter than this is noise
_TRIED = 2  # ways up; a star alone has five
_STEPS, _ENOUGH = 25, 1e-3  # of laying
_ASIDE_PX = 12  # at half size: a fifth of the radius, by which two strikes lie apart
# Under this likeness the middle itself may be wrong: half a ring, or two struck beside each
# other. Then turns are tried all around, each moved to where it agrees most.
_WELL_LAID = 0.7
_SMALL, _ROOM = 4, 96  # parts of the size at which that is done, and pixels with room around
_TURN_DEG, _ASTRAY = 5, 0.4  # from turn to turn; of the radius
_SIZES = (1.0, 0.93, 0.87)  # of what was taken for one ring around two strikes


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


def laid(specimen: Lifted, seen: Lifted) -> tuple[Gray, Mask, float]:
    """Return the ink of `specimen` over what was `seen`, where it is known, and how well it lies.

    It is turned, then moved, stretched and sheared until it lies best; 1 is perfectly.
    """
    half = SIDE_PX // 2
    everywhere = np.ones_like(specimen.ink)
    within = np.asarray(seen.clear & (reach() < 1.05), np.float32)
    target, moving = (
        np.asarray(cv2.resize(without_pressure(ink, weight), (half, half)), np.float32)
        for ink, weight in ((seen.ink, within), (specimen.ink, everywhere))
    )
    counts = np.asarray(cv2.resize(within, (half, half)) > 0.5, np.uint8)
    starts = [_moved(target, moving, turned_deg) for _, turned_deg in ways_up(specimen, seen)]
    scored = [_best_of(target, moving, start, counts) for start in starts]
    if max(score for score, _ in scored) < _WELL_LAID:
        scored += [_best_of(target, moving, start, counts) for start in _all_around(target, moving)]
    how_well, matrix = max(scored, key=lambda one: one[0])
    matrix = matrix.copy()
    matrix[:, 2] *= 2
    ink = _warp(specimen.ink, matrix, (SIDE_PX, SIDE_PX))
    clear = _warp(np.asarray(specimen.clear, np.float32), matrix, (SIDE_PX, SIDE_PX)) > 0.5
    return ink, clear, how_well


def closer(ink: Gray, seen: Gray, clear: Gray) -> Gray:
    """Return `ink`, wiped and blurred as it was seen, moved to where it lies best now."""
    half = (SIDE_PX // 2, SIDE_PX // 2)
    target, moving = (
        np.asarray(cv2.resize(without_pressure(one, weight), half), np.float32)
        for one, weight in ((seen, clear), (ink, np.ones_like(clear)))
    )
    counts = np.asarray(cv2.resize(clear, half) > 0.5, np.uint8)
    _, matrix = _best_of(target, moving, np.eye(2, 3, dtype=np.float32), counts)
    matrix = matrix.copy()
    matrix[:, 2] *= 2
    moved = _warp(ink, matrix, (SIDE_PX, SIDE_PX))
    before, after = (correlation(one, seen, clear) for one in (ink, moved))
    return moved if after > before else ink


def without_pressure(ink: Gray, weight: Gray) -> Gray:
    """Strokes that are equally strong where the seal was pressed hard and where it was not."""
    flat = less(ink, weight, _BROAD_PX)
    usual = max(float(np.sqrt(np.square(flat).mean())), 1e-6)
    nearby = cv2.sqrt(np.maximum(cv2.GaussianBlur(flat * flat, (0, 0), _BROAD_PX), 0))
    even = flat / (np.asarray(nearby, np.float32) + _LEAST_PART * usual)
    return np.asarray(even / max(float(np.sqrt(np.square(even).mean())), 1e-6), np.float32)


def less(ink: Gray, weight: Gray, broad_px: float) -> Gray:
    """What changes within `broad_px`; 0 where `weight` is."""
    around = np.maximum(cv2.GaussianBlur(weight, (0, 0), broad_px), 1e-3)
    broad = cv2.GaussianBlur(ink * weight, (0, 0), broad_px) / around
    return np.asarray((ink - broad) * weight, np.float32)


def reach() -> Gray:
    """How far out each pixel of a lifted seal lies, 1 on its edge."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32) - SIDE_PX / 2
    return np.asarray(np.hypot(x, y) / RADIUS_PX, np.float32)


def _unwrapped(lifted: Lifted) -> Gray:
    """Angle by reach, each ring weighted by its length, pressure and light taken away."""
    out = reach()
    weight = lifted.clear & (out > BAND[0]) & (out < BAND[1])
    flat = without_pressure(lifted.ink, np.asarray(weight, np.float32))
    middle = SIDE_PX / 2
    size, flags = (_REACHES, _ANGLES), cv2.INTER_LINEAR | cv2.WARP_POLAR_LINEAR
    strip = cv2.warpPolar(flat, size, (middle, middle), RADIUS_PX, flags)
    return np.asarray(strip * np.sqrt(np.arange(_REACHES) / _REACHES)[None, :], np.float32)


def _best_of(
    target: Gray, moving: Gray, start: Gray, counts: NDArray[np.uint8]
) -> tuple[float, Gray]:
    """How well `moving` lies at `start` or, better, stretched and sheared from there."""
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _ENOUGH)
    tries = [start]
    try:
        _, found = cv2.findTransformECC(
            target, moving, start.copy(), cv2.MOTION_AFFINE, until, counts, 3
        )
        tries.append(np.asarray(found, np.float32))
    except cv2.error:  # nothing in common that could be followed
        pass
    size, known = (target.shape[1], target.shape[0]), np.asarray(counts, np.float32)
    scored = [correlation(_warp(moving, one, size), target, known) for one in tries]
    best = int(np.argmax(scored))
    return scored[best], tries[best]


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
    return _then(matrix, x, y)


def _then(turn: MatLike, x: float, y: float) -> Gray:
    """A turn, and then a move by x and y, as a matrix from the target back."""
    back = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y], [0.0, 0.0, 1.0]])
    return np.asarray(np.asarray(turn, np.float64) @ back, np.float32)


def _all_around(target: Gray, moving: Gray) -> Iterator[Gray]:
    """The two best of all turns, sizes and moves, wherever the middle is; rings do not count."""
    factor = 2 / _SMALL  # both are at half size already
    small, turning = (
        np.asarray(
            cv2.resize(one, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32
        )
        for one in (target, np.where(_halved(reach()) < BAND[1], moving, 0).astype(np.float32))
    )
    side, steps = small.shape[0], np.fft.fftfreq(_ROOM, 1 / _ROOM)
    far = np.hypot(steps[:, None], steps[None, :]) > _ASTRAY * RADIUS_PX / _SMALL
    waves = np.fft.rfft2(small, (_ROOM, _ROOM))
    found = []
    for turned_deg, grown in itertools.product(range(0, 360, _TURN_DEG), _SIZES):
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), turned_deg, 1 / grown)
        turned = _warp(turning, np.asarray(turn, np.float32), (side, side))
        alike = np.fft.irfft2(waves * np.conj(np.fft.rfft2(turned, (_ROOM, _ROOM))))
        alike[far] = -np.inf
        row, column = np.unravel_index(int(alike.argmax()), alike.shape)
        how_well = float(alike[row, column]) / max(float(np.linalg.norm(turned)), 1e-6)
        found.append((how_well, turned_deg, grown, float(steps[column]), float(steps[row])))
    found.sort(reverse=True)
    near = 3 * _TURN_DEG
    other = (one for one in found if near < abs(one[1] - found[0][1]) < 360 - near)
    half = target.shape[0]
    for _, turned_deg, grown, x, y in (found[0], next(other)):
        matrix = cv2.getRotationMatrix2D((half / 2, half / 2), turned_deg, 1 / grown)
        yield _then(matrix, x / factor, y / factor)


def _halved(values: Gray) -> Gray:
    half = (SIDE_PX // 2, SIDE_PX // 2)
    return np.asarray(cv2.resize(values, half, interpolation=cv2.INTER_AREA), np.float32)
