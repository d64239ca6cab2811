"""What ink and hands do to an impression: pale, dry, wiped, struck twice, half pressed.

An impression is a map of ink, 0 none .. 1 full; every fault takes one and gives one. Seeded:
the same generator gives the same ink.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from sim.render import Mask, clouds

_MOST_INK = 0.94
_ROOM = 0.2  # of the width, on each side: for what a wipe or a second strike adds


class Fault(enum.StrEnum):
    """What went wrong while pressing."""

    NONE = "none"
    FAINT = "faint"  # a pad that needs ink
    HALF = "half"  # pressed askew: one half is missing
    DRY = "dry"  # a patch without ink
    WIPED = "wiped"  # moved while it lay on the paper
    TWICE = "twice"  # struck again beside itself


def inked(shape: Image.Image, fault: Fault, rng: np.random.Generator) -> Mask:
    """Return the ink that pressing `shape` leaves, with room around it."""
    bare = np.asarray(shape, np.float32) / 255
    ink: Mask = np.pad(bare, [(round(side * _ROOM),) * 2 for side in bare.shape])
    faults: dict[Fault, Callable[[Mask, np.random.Generator], Mask]] = {
        Fault.NONE: lambda clean, _: clean,
        Fault.FAINT: _pale,
        Fault.HALF: _half,
        Fault.DRY: _dry,
        Fault.WIPED: _wiped,
        Fault.TWICE: _twice,
    }
    spoiled = faults[fault](ink, rng)
    longest = max(ink.shape)
    pressure = clouds(rng, longest, 5, 0.72, 1.0)
    grain = clouds(rng, longest, max(longest // 3, 4), 0.55, 1.25)
    texture = (pressure * grain)[: ink.shape[0], : ink.shape[1]]
    return np.asarray(np.clip(spoiled * texture, 0, _MOST_INK), np.float32)


def _pale(ink: Mask, rng: np.random.Generator) -> Mask:
    return np.asarray(ink * rng.uniform(0.22, 0.38), np.float32)


def _half(ink: Mask, rng: np.random.Generator) -> Mask:
    x, y = _places(ink)
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    return np.asarray(ink * np.clip(0.5 - 6 * along, 0, 1), np.float32)


def _dry(ink: Mask, rng: np.random.Generator) -> Mask:
    """A dry patch over a part of the ring, as wide as three of its characters."""
    x, y = _places(ink)
    angle = rng.uniform(0, 2 * np.pi)
    off = np.hypot(x - 0.3 * np.cos(angle), y - 0.3 * np.sin(angle))
    return np.asarray(ink * np.clip(8 * (off - 0.24), 0, 1), np.float32)


def _wiped(ink: Mask, rng: np.random.Generator) -> Mask:
    far = max(5, round(ink.shape[1] / (1 + 2 * _ROOM) * rng.uniform(0.05, 0.09)))
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * far / 2
    kernel = np.zeros((2 * far + 1, 2 * far + 1), np.float32)
    start, end = np.rint(far - reach).astype(int), np.rint(far + reach).astype(int)
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), (1.0,), 1)
    return np.asarray(np.clip(cv2.filter2D(ink, -1, kernel / kernel.sum()) * 1.6, 0, 1), np.float32)


def _twice(ink: Mask, rng: np.random.Generator) -> Mask:
    """The second strike lies 7 to 16 % of the width beside the first and is paler."""
    angle = rng.uniform(0, 2 * np.pi)
    far = ink.shape[1] / (1 + 2 * _ROOM) * rng.uniform(0.07, 0.16)
    move = np.array([[1, 0, far * np.cos(angle)], [0, 1, far * np.sin(angle)]], np.float32)
    again = cv2.warpAffine(ink, move, (ink.shape[1], ink.shape[0]))
    return np.asarray(1 - (1 - 0.9 * ink) * (1 - 0.7 * again), np.float32)


def _places(ink: Mask) -> tuple[Mask, Mask]:
    """x and y of each pixel against the middle, in widths of the seal itself."""
    height, width = (side / (1 + 2 * _ROOM) for side in ink.shape)
    y, x = np.mgrid[: ink.shape[0], : ink.shape[1]].astype(np.float32)
    return (
        np.asarray((x - ink.shape[1] / 2) / width, np.float32),
        np.asarray((y - ink.shape[0] / 2) / height, np.float32),
    )
