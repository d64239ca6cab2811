"""What a specimen would look like through this lens, wiped like this, or struck twice like this.

Only what blurs or repeats all of it alike is tried: no such change makes one character another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from vision.page import Gray

_BLURS = (0.0, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)  # pixels of a lifted seal, of lens and paper
_LENSES = (0.7, 1.4)  # beside a wipe or a second strike, which would pass for a worse lens
# 1 to 4 mm on 42 mm, at half size: beyond that nothing is legible.
_WIPES_PX, _WIPE_WAYS = (2.5, 4.0, 5.5, 7.0, 9.0), 12
_WIPES_TRIED = 5  # at full size
_FINER = ((1.5, np.pi / 24), (0.75, np.pi / 48))
_SPREAD = (1.0, 1.7, 2.6)  # of wiped ink: it is spread, yet opaque until it is very thin
_SECOND = (0.1, 0.42)  # of the radius, how far off a second strike lies, as in `seal_state`
_SECOND_INK, _SECOND_FINER = (0.5, 0.8), 0.15  # of the first's
_BETTER = 0.01  # correlation by which a wipe or a second strike must explain more than a lens


def as_pressed(ink: Gray, seen: Gray, clear: Gray, radius_px: float) -> Gray:
    """Return `ink` as it was seen, as far as `seen` tells what the lens and the hand did.

    Args:
        ink: of the specimen, laid over what was seen.
        clear: 1 where `seen` can be trusted, else 0.
        radius_px: of the seal in both.
    """
    soft, alike = _best(_blurred(ink), seen, clear)
    sharp = [np.asarray(cv2.GaussianBlur(ink, (0, 0), blur), np.float32) for blur in _LENSES]
    second, second_alike = _best_again(sharp, seen, clear, radius_px)
    wipes = _likeliest_wipes(*(_halved(one) for one in (sharp[0], seen, clear)))
    wiped, wiped_alike = _best_wipe(ink, wipes, seen, clear)
    other, other_alike = max(((second, second_alike), (wiped, wiped_alike)), key=lambda one: one[1])
    return other if other_alike > alike + _BETTER else soft


def correlation(one: Gray, other: Gray, weight: Gray) -> float:
    """Return how alike two maps are where `weight` says so, -1..1."""
    total = max(float(weight.sum()), 1.0)
    one, other = (v - float((v * weight).sum()) / total for v in (one, other))
    sizes = float((one * one * weight).sum()) * float((other * other * weight).sum())
    return float((one * other * weight).sum()) / max(float(np.sqrt(sizes)), 1e-9)


def _best(tries: Iterable[Gray], seen: Gray, clear: Gray) -> tuple[Gray, float]:
    scored = [(one, correlation(one, seen, clear)) for one in tries]
    return max(scored, key=lambda one: one[1])


def _blurred(ink: Gray) -> Iterator[Gray]:
    for blur in _BLURS:
        yield np.asarray(cv2.GaussianBlur(ink, (0, 0), blur) if blur else ink, np.float32)


def _likeliest_wipes(ink: Gray, seen: Gray, clear: Gray) -> list[tuple[float, float]]:
    """Length and angle of the wipes that explain most, told at half size, in whole pixels."""
    wipes = [
        (2.0 * far, np.pi * way / _WIPE_WAYS) for far in _WIPES_PX for way in range(_WIPE_WAYS)
    ]
    halves = [correlation(_wiped(ink, (far / 2, angle)), seen, clear) for far, angle in wipes]
    return [wipes[i] for i in np.argsort(halves)[-_WIPES_TRIED:]]


def _wiped(ink: Gray, wipe: tuple[float, float]) -> Gray:
    far, angle = wipe
    size = round(far / 2) + 1
    y, x = np.mgrid[-size : size + 1, -size : size + 1].astype(np.float32)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    # Pixels that a line of the width of one covers, the outermost ones in part.
    covered = np.clip(far / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    kernel = np.asarray(covered, np.float32)
    return np.asarray(cv2.filter2D(ink, -1, kernel / kernel.sum()), np.float32)


def _best_wipe(
    ink: Gray, wipes: list[tuple[float, float]], seen: Gray, clear: Gray
) -> tuple[Gray, float]:
    """The best of `wipes`, its length and angle tried finer and finer."""
    found = [(*_best(_spread(ink, wipe), seen, clear), wipe) for wipe in wipes]
    best = max(found, key=lambda one: one[1])
    for far_px, angle in _FINER:
        far, way = best[2]
        around = ((far + far_px, way), (far - far_px, way), (far, way + angle), (far, way - angle))
        found = [(*_best(_spread(ink, wipe), seen, clear), wipe) for wipe in around]
        best = max(best, *found, key=lambda one: one[1])
    return best[0], best[1]


def _spread(ink: Gray, wipe: tuple[float, float]) -> Iterator[Gray]:
    """Wiped ink as it covers the paper, then seen through a lens."""
    full, wiped = float(np.percentile(ink, 98)), _wiped(ink, wipe)
    for gain in _SPREAD:
        covered = np.minimum(gain * wiped, full)
        for blur in _LENSES:
            yield np.asarray(cv2.GaussianBlur(covered, (0, 0), blur), np.float32)


def _halved(ink: Gray) -> Gray:
    return np.asarray(cv2.resize(ink, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _best_again(sharp: list[Gray], seen: Gray, clear: Gray, radius_px: float) -> tuple[Gray, float]:
    """With a second strike, its place and strength tried finer."""
    found = []
    for ink in sharp:
        step = _second_step(ink, seen, clear, radius_px)
        tries = ((step, strength) for strength in _SECOND_INK)
        found += [(*_best((_again(ink, *one),), seen, clear), ink, one) for one in tries]
    first = max(found, key=lambda one: one[1])
    ink, ((row, column), strength) = first[2:]
    around = [(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    finer = [(step, strength + more) for step in around for more in (-_SECOND_FINER, _SECOND_FINER)]
    best = _best((_again(ink, *one) for one in finer), seen, clear)
    return max(first[:2], best, key=lambda one: one[1])


def _second_step(ink: Gray, seen: Gray, clear: Gray, radius_px: float) -> tuple[int, int]:
    """The step (rows, columns) at which what is left over looks like the specimen."""
    gain = float((seen * ink * clear).sum()) / max(float((ink * ink * clear).sum()), 1e-6)
    left = np.maximum(seen - gain * ink, 0) * clear
    moves = np.fft.irfft2(np.fft.rfft2(left) * np.conj(np.fft.rfft2(ink - ink.mean())), ink.shape)
    height, width = ink.shape
    y, x = np.meshgrid(
        np.fft.fftfreq(height, 1 / height), np.fft.fftfreq(width, 1 / width), indexing="ij"
    )
    step = np.hypot(x, y) / radius_px
    moves[(step < _SECOND[0]) | (step > _SECOND[1])] = -np.inf
    row, column = np.unravel_index(int(moves.argmax()), moves.shape)
    return int(row), int(column)


def _again(ink: Gray, step: tuple[int, int], strength: float) -> Gray:
    full = max(float(np.percentile(ink, 98)), 1e-6)
    first = np.clip(ink / full, 0, 1)
    moved = np.roll(first, step, axis=(0, 1))
    return np.asarray(1 - (1 - 0.9 * first) * (1 - strength * moved), np.float32)
